/** S3's denoising autoencoder: convolutions and pooling, a dense code, transposed convolutions. */
import { z } from "zod";
import { ParamError } from "../../src/base/errors.ts";
import { elementCount } from "../../src/base/nd_array.ts";
import {
  activate,
  activationNames,
  batchNorm,
  conv2d,
  convTranspose2d,
  linear,
  type Scope,
} from "../layers/mod.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { maxPool, reshape, transpose } from "../ops/mod.ts";
import type { DeterministicAutoencoder, ImageShape } from "./model.ts";

const count = z.number().int().positive();

const params = z.strictObject({
  filters: z.array(count).min(1).default([16, 32, 64, 128])
    .describe(
      "feature maps of the encoder's convolutions, each followed by 2x2 pooling; the decoder's are the same backwards",
    ),
  latent_dim: count.default(128).describe("numbers in a code"),
  activation: z.enum(activationNames).default("relu").describe("activation between the layers"),
  batch_norm: z.boolean().default(false)
    .describe("whether a batch normalisation follows every convolution but the last"),
});

type AutoencoderParams = z.infer<typeof params>;

/**
 * Encoder: per level a 3x3 convolution, activation, and the maximum of 2x2 pixels (a row or column that is left over
 * is dropped: 7 -> 3); a linear layer to the code. Decoder: a linear layer, activation, and per level a transposed
 * 4x4 convolution of stride 2, output padding where a row was dropped; logits. What makes it denoise is the training:
 * it sees corrupted images and is compared with clean ones (Vincent et al. 2008).
 */
export const denoisingAutoencoder: DeterministicAutoencoder<AutoencoderParams> = {
  kind: "denoising-autoencoder",
  family: "autoencoder",
  variational: false,
  summary: "autoencoder of convolutions and pooling with one dense code per image",
  params,
  condition: "none",
  // Pooling leaves a row at least, so the map before it has several, and a batch of one has statistics.
  validate({ filters }, [, height, width]) {
    const smallest = 2 ** filters.length;
    if (Math.min(height, width) >= smallest) return;
    throw new ParamError(
      ["filters"],
      `has ${filters.length} levels, which need images of at least ${smallest}x${smallest}, not ${height}x${width}`,
      filters,
      "Use fewer levels.",
    );
  },
  latentWidth: (params) => params.latent_dim,
  encode(scope, { x }, params) {
    let h = x;
    params.filters.forEach((channels, level) => {
      const place = scope.child("conv").child(level);
      h = activated(place, conv2d(place, h, channels, { kernel: 3 }), params);
      h = maxPool(h, 2, { strides: 2 });
    });
    const rowsFirst = transpose(h, [0, 2, 3, 1]);
    const features = reshape(rowsFirst, [x.shape[0], elementCount(h.shape.slice(1))]);
    return { mean: linear(scope.child("code"), features, params.latent_dim) };
  },
  decode(scope, { z, shape }, params) {
    const { filters, activation } = params;
    const sizes = sizesOf(shape, filters.length);
    const bottom = [...sizes[filters.length], filters[filters.length - 1]];
    const flat = activate(activation, linear(scope.child("in"), z, elementCount(bottom)));
    let h = transpose(reshape(flat, [z.shape[0], ...bottom]), [0, 3, 1, 2]);
    for (let level = filters.length - 1; level > 0; level--) {
      const place = scope.child("conv").child(level);
      h = activated(place, grow(place, h, filters[level - 1], sizes[level]), params);
    }
    return grow(scope.child("conv").child(0), h, shape[0], sizes[0]);
  },
};

/** Height and width before each pooling, and after the last. */
function sizesOf([, ...full]: ImageShape, levels: number): number[][] {
  return Array.from(
    { length: levels + 1 },
    (_, level) => full.map((size) => Math.floor(size / 2 ** level)),
  );
}

function activated(place: Scope, h: Tensor, params: AutoencoderParams): Tensor {
  return activate(params.activation, params.batch_norm ? batchNorm(place.child("norm"), h) : h);
}

/** A transposed convolution to twice the size, or to one row or column more. */
function grow(scope: Scope, x: Tensor, channels: number, size: readonly number[]): Tensor {
  const [down, across] = size.map((extent, axis) => extent - 2 * x.shape[axis + 2]);
  return convTranspose2d(scope, x, channels, {
    kernel: 4,
    stride: 2,
    padding: 1,
    outputPadding: [down, across],
  });
}
