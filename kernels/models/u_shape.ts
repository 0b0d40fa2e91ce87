/** The U that several models share: which blocks stand where, how levels join, and what may be built. */
import { z } from "zod";
import { ParamError } from "../../src/base/errors.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  attention,
  conv2d,
  groupNorm,
  linear,
  type Scope,
  silu,
  timestepEmbedding,
  upsampleNearest,
} from "../layers/mod.ts";
import { add, concat } from "../ops/mod.ts";
import type { ImageShape } from "./model.ts";

const count = z.number().int().positive();

/** Parameters of every U-Net. */
export const uShapeParams = z.strictObject({
  channels: z.array(count).min(1).default([32, 64, 128, 256])
    .describe("feature maps per level; each level has half the size of the one before"),
  blocks_per_level: count.default(1).describe("residual blocks per level, down and up alike"),
  embedding_width: count.multipleOf(2).default(32)
    .describe("width of the sinusoidal timestep embedding"),
  time_width: count.default(128).describe("width of the two layers over that embedding"),
  norm_groups: count.default(8).describe("groups of the group normalisations"),
  attention_levels: z.array(z.number().int().min(0)).default([])
    .describe("levels (from 0, the largest) whose blocks are followed by self-attention"),
  attention_heads: count.default(4).describe("heads of each self-attention"),
  dropout: z.number().min(0).lt(1).default(0).describe("dropout rate inside the blocks"),
});

type UShapeParams = z.infer<typeof uShapeParams>;

/** A block at a place in the tree of names; it keeps the size and gives `channels` feature maps. */
export type Block = (scope: Scope, x: Tensor, channels: number) => Tensor;

/**
 * Ho et al. (2020), appendix B, at the size of S1: a 3x3 convolution in; per level `blocks_per_level` blocks,
 * each leaving a skip, and a strided 3x3 convolution down; one block in the middle; per level as many blocks over
 * the features beside a skip, and nearest upsampling with a 3x3 convolution; norm, SiLU, a 3x3 convolution out.
 * `block` is called in this order, with the `blockChannels` of the same order.
 */
export function uShape(
  scope: Scope,
  x: Tensor,
  params: UShapeParams,
  { block, norm }: { readonly block: Block; norm(scope: Scope, x: Tensor): Tensor },
): Tensor {
  const { channels } = params;
  const last = channels.length - 1;
  const placed = (here: Scope, index: number, h: Tensor, level: number) => {
    const y = block(here.child("block").child(index), h, channels[level]);
    return scope.checkpoint(attended(here.child("attention").child(index), y, level, params));
  };
  const skips: Tensor[] = [];
  let h = conv2d(scope.child("in"), x, channels[0], { kernel: 3 });
  channels.forEach((width, level) => {
    const here = scope.child("down").child(level);
    for (let i = 0; i < params.blocks_per_level; i++) {
      h = placed(here, i, h, level);
      skips.push(h);
    }
    if (level === last) return;
    h = conv2d(here.child("conv"), h, width, { kernel: 3, stride: 2, padding: 1 });
  });
  h = placed(scope.child("mid"), 0, h, last);
  for (let level = last; level >= 0; level--) {
    const here = scope.child("up").child(level);
    for (let i = 0; i < params.blocks_per_level; i++) {
      h = placed(here, i, concat([h, skips.pop()!], 1), level);
    }
    if (level === 0) continue;
    h = conv2d(here.child("conv"), upsampleNearest(h), channels[level - 1], { kernel: 3 });
  }
  const out = scope.child("out");
  return conv2d(out.child("conv"), silu(norm(out.child("norm"), h)), x.shape[1], { kernel: 3 });
}

/** Channels of all blocks, in the order in which `uShape` builds them. */
export function blockChannels({ channels, blocks_per_level: blocks }: UShapeParams): number[] {
  const down = channels.flatMap((width) => Array<number>(blocks).fill(width));
  return [...down, channels[channels.length - 1], ...down.toReversed()];
}

/** Timesteps [N] or [1] to as many rows of time_width features: the sinusoidal embedding through two layers with SiLU. */
export function timeFeatures(scope: Scope, t: Tensor, params: UShapeParams): Tensor {
  const embedded = timestepEmbedding(t, params.embedding_width);
  const hidden = silu(linear(scope.child("linear1"), embedded, params.time_width));
  return silu(linear(scope.child("linear2"), hidden, params.time_width));
}

/** h, with self-attention on top where its level has it. */
function attended(place: Scope, h: Tensor, level: number, params: UShapeParams): Tensor {
  if (!params.attention_levels.includes(level)) return h;
  const normed = groupNorm(place.child("norm"), h, { groups: params.norm_groups });
  return add(h, attention(place, normed, { heads: params.attention_heads }));
}

/** Throws `ParamError` for a U that cannot be built on images of this size. */
export function validateUShape(params: UShapeParams, [, height, width]: ImageShape): void {
  const { channels, norm_groups: groups, attention_levels: levels, attention_heads: heads } =
    params;
  channels.forEach((c, i) => {
    if (c % groups !== 0) {
      throw new ParamError(
        ["channels", i],
        `must be divisible by norm_groups (${groups})`,
        c,
        `Use a multiple of ${groups}, or set norm_groups to a divisor of ${c}.`,
      );
    }
  });
  const shrink = 2 ** (channels.length - 1);
  if (height % shrink !== 0 || width % shrink !== 0) {
    throw new ParamError(
      ["channels"],
      `has ${channels.length} levels, which need an image size divisible by ${shrink}, not ${height}x${width}`,
      channels,
      "Use fewer levels or another image size.",
    );
  }
  levels.forEach((level, i) => {
    if (level >= channels.length) {
      throw new ParamError(
        ["attention_levels", i],
        `there are only the levels 0 to ${channels.length - 1}`,
        level,
      );
    }
    if (channels[level] % heads !== 0) {
      throw new ParamError(
        ["attention_heads"],
        `must divide the ${channels[level]} channels of level ${level}`,
        heads,
      );
    }
  });
}
