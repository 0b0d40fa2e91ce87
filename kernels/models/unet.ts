/** The U-Net of the sprites project (shared by the other image pipelines): residual blocks, skips, timesteps. */
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
import { add, concat, split } from "../ops/mod.ts";
import type { ImageShape, Model } from "./model.ts";
import { residualBlock } from "./residual_block.ts";

const count = z.number().int().positive();

const params = z.strictObject({
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

type UnetParams = z.infer<typeof params>;

/**
 * Ho et al. (2020), appendix B, at the size of S1: a 3x3 convolution in; per level `blocks_per_level` blocks,
 * each leaving a skip, and a strided 3x3 convolution down; one block in the middle; per level as many blocks over
 * the features beside a skip, and nearest upsampling with a 3x3 convolution; group norm, SiLU, a 3x3 convolution
 * out. The defaults have 5.70 million parameters on RGB images.
 */
export const unet: Model<UnetParams> = {
  kind: "unet",
  summary: "U-Net with residual blocks, skip connections and timestep embedding",
  params,
  validate,
  apply(scope, { x, t }, params) {
    const { channels } = params;
    const net = makeNet(scope, t, params);
    const skips: Tensor[] = [];
    let h = conv2d(scope.child("in"), x, channels[0], { kernel: 3 });
    channels.forEach((width, level) => {
      const here = scope.child("down").child(level);
      for (let i = 0; i < params.blocks_per_level; i++) {
        h = net.block(here, i, h, level);
        skips.push(h);
      }
      if (level === channels.length - 1) return;
      h = conv2d(here.child("conv"), h, width, { kernel: 3, stride: 2, padding: 1 });
    });
    h = net.block(scope.child("mid"), 0, h, channels.length - 1);
    for (let level = channels.length - 1; level >= 0; level--) {
      const here = scope.child("up").child(level);
      for (let i = 0; i < params.blocks_per_level; i++) {
        h = net.block(here, i, concat([h, skips.pop()!], 1), level);
      }
      if (level === 0) continue;
      h = conv2d(here.child("conv"), upsampleNearest(h), channels[level - 1], { kernel: 3 });
    }
    const out = scope.child("out");
    const last = silu(groupNorm(out.child("norm"), h, { groups: params.norm_groups }));
    return conv2d(out.child("conv"), last, x.shape[1], { kernel: 3 });
  },
};

/** Makes blocks one after the other, each with its slice of the common projection of the timestep. */
function makeNet(scope: Scope, t: Tensor, params: UnetParams) {
  const times = timeProjections(scope.child("time"), t, params);
  const groups = params.norm_groups;
  return {
    block(here: Scope, index: number, x: Tensor, level: number): Tensor {
      const h = residualBlock(here.child("block").child(index), x, times.shift()!, {
        channels: params.channels[level],
        groups,
        dropout: params.dropout,
      });
      if (!params.attention_levels.includes(level)) return h;
      const place = here.child("attention").child(index);
      const normed = groupNorm(place.child("norm"), h, { groups });
      return add(h, attention(place, normed, { heads: params.attention_heads }));
    },
  };
}

/**
 * The projections [N, channels] of the timestep for all blocks in order. They are one linear layer, then split:
 * the same numbers as a layer for each block, in one matrix product instead of nine.
 */
function timeProjections(scope: Scope, t: Tensor, params: UnetParams): Tensor[] {
  const { channels, blocks_per_level: blocks } = params;
  const down = channels.flatMap((width) => Array<number>(blocks).fill(width));
  const sizes = [...down, channels[channels.length - 1], ...down.toReversed()];
  const embedded = timestepEmbedding(t, params.embedding_width);
  const hidden = silu(linear(scope.child("linear1"), embedded, params.time_width));
  const features = silu(linear(scope.child("linear2"), hidden, params.time_width));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return [...split(linear(scope.child("projection"), features, total), sizes, 1)];
}

function validate(params: UnetParams, [, height, width]: ImageShape) {
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
