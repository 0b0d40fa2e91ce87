/** The U that several models share: which blocks stand where and how levels join. Checks are in `u_shape_checks.ts`. */
import { z } from "zod";
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  activate,
  activationNames,
  attention,
  conv2d,
  convTranspose2d,
  groupNorm,
  linear,
  type Scope,
  timestepEmbedding,
  upsampleNearest,
} from "../layers/mod.ts";
import { add, averagePool, concat, maxPool } from "../ops/mod.ts";

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
  activation: z.enum(activationNames).optional()
    .describe("activation of the blocks, of the end and of the timestep's layers; silu without it"),
  downsample: z.enum(["conv", "max-pool", "average-pool"]).optional()
    .describe(
      "how a level is halved: a 3x3 convolution of stride 2 (also without it) or 2x2 pooling",
    ),
  upsample: z.enum(["nearest-conv", "transposed-conv"]).optional()
    .describe(
      "how a level is doubled: nearest neighbours and a 3x3 convolution (also without it), or a transposed 4x4 convolution of stride 2",
    ),
});

/** See `laterDefaults` of a model. */
export const uShapeLater = {
  activation: "silu",
  downsample: "conv",
  upsample: "nearest-conv",
} as const satisfies Partial<z.infer<typeof uShapeParams>>;

/** The parameters with all of them there. */
type UShapeParams = Required<z.infer<typeof uShapeParams>>;

/** A block at a place in the tree of names; it keeps the size and gives `channels` feature maps. */
export type Block = (scope: Scope, x: Tensor, channels: number) => Tensor;

/**
 * Ho et al. (2020), appendix B, at the size of S1: a 3x3 convolution in; per level `blocks_per_level` blocks,
 * each leaving a skip, and a step down; one block in the middle; per level as many blocks over the features beside a
 * skip, and a step up; norm, activation, a 3x3 convolution out. As there, a step down is a strided 3x3 convolution, a
 * step up nearest upsampling with a 3x3 convolution, and the activation SiLU, unless the parameters say otherwise.
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
    h = halved(here, h, width, params);
  });
  h = placed(scope.child("mid"), 0, h, last);
  for (let level = last; level >= 0; level--) {
    const here = scope.child("up").child(level);
    for (let i = 0; i < params.blocks_per_level; i++) {
      h = placed(here, i, concat([h, skips.pop()!], 1), level);
    }
    if (level === 0) continue;
    h = doubled(here, h, channels[level - 1], params);
  }
  const out = scope.child("out");
  const activated = activate(params.activation, norm(out.child("norm"), h));
  return conv2d(out.child("conv"), activated, x.shape[1], { kernel: 3 });
}

/** The step to the next level. */
function halved(here: Scope, h: Tensor, width: number, { downsample }: UShapeParams): Tensor {
  if (downsample === "max-pool") return maxPool(h, 2, { strides: 2 });
  if (downsample === "average-pool") return averagePool(h, 2, { strides: 2 });
  return conv2d(here.child("conv"), h, width, { kernel: 3, stride: 2, padding: 1 });
}

/** The step back, to the channels of the level to come. */
function doubled(here: Scope, h: Tensor, width: number, { upsample }: UShapeParams): Tensor {
  const place = here.child("conv");
  if (upsample === "nearest-conv") return conv2d(place, upsampleNearest(h), width, { kernel: 3 });
  return convTranspose2d(place, h, width, { kernel: 4, stride: 2, padding: 1 });
}

/** Channels of all blocks, in the order in which `uShape` builds them. */
export function blockChannels({ channels, blocks_per_level: blocks }: UShapeParams): number[] {
  const down = channels.flatMap((width) => Array<number>(blocks).fill(width));
  return [...down, channels[channels.length - 1], ...down.toReversed()];
}

/** Timesteps [N] or [1] to as many rows of time_width features: the sinusoidal embedding through two activated layers. */
export function timeFeatures(scope: Scope, t: Tensor, params: UShapeParams): Tensor {
  const { activation, embedding_width: embedding, time_width: width } = params;
  const embedded = timestepEmbedding(t, embedding);
  const hidden = activate(activation, linear(scope.child("linear1"), embedded, width));
  return activate(activation, linear(scope.child("linear2"), hidden, width));
}

/** h, with self-attention on top where its level has it. */
function attended(place: Scope, h: Tensor, level: number, params: UShapeParams): Tensor {
  if (!params.attention_levels.includes(level)) return h;
  const normed = groupNorm(place.child("norm"), h, { groups: params.norm_groups });
  return add(h, attention(place, normed, { heads: params.attention_heads }));
}
