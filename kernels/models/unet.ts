/** The U-Net of the sprites project (shared by the other image pipelines): residual blocks, skips, timesteps. */
import type { z } from "zod";
import { groupNorm, linear } from "../layers/mod.ts";
import { split } from "../ops/mod.ts";
import type { Denoiser } from "./model.ts";
import { residualBlock } from "./residual_block.ts";
import { blockChannels, timeFeatures, uShape, uShapeParams, validateUShape } from "./u_shape.ts";

/** `uShape` with residual blocks and group norm. The defaults have 5.70 million parameters on RGB images. */
export const unet: Denoiser<z.infer<typeof uShapeParams>> = {
  kind: "unet",
  family: "denoiser",
  summary: "U-Net with residual blocks, skip connections and timestep embedding",
  params: uShapeParams,
  condition: "none",
  validate: validateUShape,
  apply(scope, { x, t }, params) {
    const { norm_groups: groups, dropout } = params;
    const time = scope.child("time");
    // The projections for all blocks are one linear layer, then split: the same numbers as a layer for each
    // block, in one matrix product instead of nine.
    const sizes = blockChannels(params);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const features = timeFeatures(time, t, params);
    const times = [...split(linear(time.child("projection"), features, total), sizes, 1)];
    return uShape(scope, x, params, {
      block: (here, h, channels) =>
        residualBlock(here, h, times.shift()!, { channels, groups, dropout }),
      norm: (here, h) => groupNorm(here, h, { groups }),
    });
  },
};
