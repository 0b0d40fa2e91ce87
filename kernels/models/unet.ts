/** The U-Net of the sprites project (shared by the other image pipelines): residual blocks, skips, timesteps. */
import { z } from "zod";
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  activate,
  linear,
  normalize,
  normNames,
  type Scope,
  timestepEmbedding,
} from "../layers/mod.ts";
import { split } from "../ops/mod.ts";
import type { Denoiser } from "./model.ts";
import { residualBlock } from "./residual_block.ts";
import { blockChannels, timeFeatures, uShape, uShapeLater, uShapeParams } from "./u_shape.ts";
import { validateUShape } from "./u_shape_checks.ts";

const params = z.strictObject({
  ...uShapeParams.shape,
  norm: z.enum(normNames).optional()
    .describe(
      "normalisation in the blocks, group without it; layer is over channels and space together",
    ),
  time_mlp: z.enum(["shared", "per-block"]).optional()
    .describe(
      "whether all blocks project the features of one time MLP (also without it), or each has an MLP of its own over the sinusoidal embedding",
    ),
});

const laterDefaults = { ...uShapeLater, norm: "group", time_mlp: "shared" } as const;

type UnetParams = Required<z.infer<typeof params>>;

/**
 * `uShape` with residual blocks. The defaults have 5.70 million parameters on RGB images. S3's net, blocks of two
 * convolutions with LayerNorm and GELU, is `norm: layer, activation: gelu, upsample: transposed-conv,
 * time_mlp: per-block` with the strided convolution down that is there anyway.
 */
export const unet: Denoiser<z.infer<typeof params>> = {
  kind: "unet",
  family: "denoiser",
  summary: "U-Net with residual blocks, skip connections and timestep embedding",
  params,
  laterDefaults,
  condition: "none",
  validate: validateUShape,
  apply(scope, { x, t }, given) {
    const params: UnetParams = { ...laterDefaults, ...given };
    const { norm, norm_groups: groups, activation, dropout } = params;
    const time = timeOfBlocks(scope.child("time"), t, params);
    return uShape(scope, x, params, {
      block: (here, h, channels) => {
        const options = { channels, norm, groups, activation, dropout };
        return residualBlock(here, h, time(here, channels), options);
      },
      norm: (here, h) => normalize(norm, here, h, { groups }),
    });
  },
};

/** What the next block adds to its features, [N, channels] or [1, channels]: called in the order of the blocks. */
function timeOfBlocks(
  scope: Scope,
  t: Tensor,
  params: UnetParams,
): (block: Scope, channels: number) => Tensor {
  const { activation, time_mlp: mlp, time_width: width } = params;
  if (mlp === "per-block") {
    const embedded = timestepEmbedding(t, params.embedding_width);
    return (block, channels) => {
      const place = block.child("time");
      const hidden = activate(activation, linear(place.child("linear1"), embedded, width));
      return linear(place.child("linear2"), hidden, channels);
    };
  }
  // The projections for all blocks are one linear layer, then split: the same numbers as a layer for each
  // block, in one matrix product instead of nine.
  const sizes = blockChannels(params);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const features = timeFeatures(scope, t, params);
  const times = [...split(linear(scope.child("projection"), features, total), sizes, 1)];
  return () => times.shift()!;
}
