/** S4's class-conditional variational autoencoder. */
import { z } from "zod";
import { ParamError } from "../../src/base/errors.ts";
import { elementCount } from "../../src/base/nd_array.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { batchNorm, convBesidePlanes, convTranspose2d, linear, type Scope } from "../layers/mod.ts";
import { concat, relu, reshape, transpose } from "../ops/mod.ts";
import { checkBatchStatistics } from "./batch_statistics.ts";
import type { ImageShape, VariationalAutoencoder } from "./model.ts";

const count = z.number().int().positive();

const params = z.strictObject({
  filters: z.array(count).min(1).default([32, 64, 128])
    .describe("feature maps of the encoder's convolutions; the decoder's are the same backwards"),
  latent_dim: count.default(10).describe("numbers in a code"),
  beta: z.number().min(0).default(1)
    .describe("weight of the codes' divergence from the standard normal distribution"),
  batch_norm: z.enum(["encoder", "both", "none"]).default("encoder")
    .describe("which convolutions a batch normalisation follows"),
});

type CvaeParams = z.infer<typeof params>;

/**
 * Encoder: the image beside one constant plane per number of the condition; convolutions 4x4, the last one 3x3,
 * all with stride 2 and padding 1 (28 -> 14 -> 7 -> 4), each with batch norm and ReLU; a linear layer to the
 * mean and one to the log-variance. Decoder: a linear layer over code and condition, and the transposed convolutions
 * of the same extents backwards, ReLU between them; logits. Where a convolution dropped a row, output padding brings
 * it back, so that images may have any size. The linear layers see features rows first and channels last, unlike
 * PyTorch's flatten, because the CPU lowering holds them nearly so.
 *
 * S4's description names batch norm and ReLU after the first convolution and nothing after the others; they are taken
 * to stand after each, because without them the others would be one linear map.
 */
export const cvae: VariationalAutoencoder<CvaeParams> = {
  kind: "cvae",
  family: "autoencoder",
  variational: true,
  summary: "variational autoencoder of convolutions, conditional where it is given a condition",
  params,
  condition: "optional",
  validate(params, shape, batchSize) {
    const { filters, batch_norm: norm } = params;
    const smallest = 2 ** (filters.length - 1);
    const [, height, width] = shape;
    if (Math.min(height, width) < smallest) {
      throw new ParamError(
        ["filters"],
        `has ${filters.length} levels, which need images of at least ${smallest}x${smallest}, not ${height}x${width}`,
        filters,
        "Use fewer levels.",
      );
    }
    if (norm === "none") return;
    const [bottomHeight, bottomWidth] = sizesOf(shape, params)[filters.length];
    const bottom = { height: bottomHeight, width: bottomWidth };
    checkBatchStatistics({ path: ["batch_norm"], value: norm, ...bottom }, batchSize);
  },
  latentWidth: (params) => params.latent_dim,
  divergenceWeight: (params) => params.beta,
  encode(scope, { x, condition }, params) {
    const { filters, latent_dim: latent } = params;
    let h = x;
    filters.forEach((channels, level) => {
      const place = scope.child("conv").child(level);
      const options = { kernel: kernelAt(level, params), stride: 2, padding: 1 };
      h = convBesidePlanes(place, h, level === 0 ? condition : undefined, channels, options);
      h = relu(params.batch_norm === "none" ? h : batchNorm(place.child("norm"), h));
    });
    const rowsFirst = transpose(h, [0, 2, 3, 1]);
    const features = reshape(rowsFirst, [x.shape[0], elementCount(h.shape.slice(1))]);
    return {
      mean: linear(scope.child("mean"), features, latent),
      logVariance: linear(scope.child("log_variance"), features, latent),
    };
  },
  decode(scope, { z, condition, shape }, params) {
    const { filters, batch_norm: norm } = params;
    const sizes = sizesOf(shape, params);
    const bottom = [...sizes[filters.length], filters[filters.length - 1]];
    const code = condition ? concat([z, condition], 1) : z;
    const flat = linear(scope.child("in"), code, elementCount(bottom));
    let h = transpose(reshape(flat, [z.shape[0], ...bottom]), [0, 3, 1, 2]);
    for (let level = filters.length - 1; level > 0; level--) {
      const place = scope.child("conv").child(level);
      h = grow(place, h, filters[level - 1], kernelAt(level, params), sizes[level]);
      h = relu(norm === "both" ? batchNorm(place.child("norm"), h) : h);
    }
    return grow(scope.child("conv").child(0), h, shape[0], kernelAt(0, params), sizes[0]);
  },
};

/** Extent of the convolution from a level to the next. */
function kernelAt(level: number, { filters }: CvaeParams): number {
  return level === filters.length - 1 ? 3 : 4;
}

/** Height and width before each convolution of the encoder, and after the last. */
function sizesOf([, ...full]: ImageShape, params: CvaeParams): number[][] {
  return params.filters.reduce<number[][]>(
    (
      sizes,
      _,
      level,
    ) => [...sizes, sizes[level].map((size) => halved(size, kernelAt(level, params)))],
    [full],
  );
}

/** What a convolution with stride 2 and padding 1 makes of an extent. */
const halved = (size: number, kernel: number) => Math.floor((size + 2 - kernel) / 2) + 1;

/** A transposed convolution with stride 2 and padding 1 to a size that the convolution would bring back. */
function grow(
  scope: Scope,
  x: Tensor,
  channels: number,
  kernel: number,
  size: readonly number[],
): Tensor {
  const missing = size.map((extent, axis) => extent - (2 * (x.shape[axis + 2] - 1) + kernel - 2));
  return convTranspose2d(scope, x, channels, {
    kernel,
    stride: 2,
    padding: 1,
    outputPadding: missing as [number, number],
  });
}
