/**
 * What an autoencoder makes of images, as symbolic graphs: their codes, and the images that it gives back with
 * their losses. Device-independent; the digests are part of the keys of what is made by them.
 */
import type { Digest } from "../base/canonical.ts";
import { elementCount } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { type Choice, chosen } from "../base/table.ts";
import { graphDigest } from "../graph/digest.ts";
import { input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createScope, type Scope, type ScopeOptions } from "../../kernels/layers/scope.ts";
import { bceWithLogits } from "../../kernels/losses/bce_with_logits.ts";
import { gaussianDivergences } from "../../kernels/losses/gaussian_kl.ts";
import { sampleMeans } from "../../kernels/losses/loss.ts";
import { mse } from "../../kernels/losses/mse.ts";
import type { Autoencoder, Gaussian, ImageShape } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import { mul, sigmoid } from "../../kernels/ops/mod.ts";
import { drawnCode } from "./autoencoding_step.ts";
import { corrupted } from "./corruptions/table.ts";
import { rowInputs } from "./row_inputs.ts";

/** Everything that determines the mathematics beside the weights. */
export interface ReconstructionSpec {
  readonly shape: ImageShape;
  readonly batchSize: number;
  /** An autoencoder. */
  readonly model: Choice;
  /** Numbers in the condition of each image; the model is given none without it. */
  readonly conditionWidth?: number;
  readonly seed: number;
  /** What is done to the images before they are encoded; losses compare with the images themselves. */
  readonly corruption?: Choice;
  /** Of a variational autoencoder: whether codes are drawn, as in training, or are their means. */
  readonly drawsCodes?: boolean;
}

/** What is made of N images; by these names the outputs of the graph are called. */
export interface Reconstructed {
  /** Codes [N, latent width]; of a variational autoencoder their means. */
  readonly mean: Tensor;
  /** Of a variational autoencoder, [N, latent width]. */
  readonly logVariance?: Tensor;
  /** What was encoded, [N, C, H, W], where it was corrupted. */
  readonly seen?: Tensor;
  /** [N, C, H, W] in [0, 1]. */
  readonly images: Tensor;
  /** [N]: binary cross-entropy of the original under the image given back, summed over its values, in nats. */
  readonly bce: Tensor;
  /** [N]: mean squared difference of values. */
  readonly mse: Tensor;
  /** [N]: divergence of the code from the standard normal distribution, in nats, where codes are distributed. */
  readonly divergence?: Tensor;
}

/** Codes alone. */
export type Encoded = Pick<Reconstructed, "mean" | "logVariance">;

/** Digest of the graph of `reconstructedImages`; weights are inputs of it. */
export function reconstructionDigest(spec: ReconstructionSpec): Digest {
  return graphDigest({ ...reconstructedImages(spec, {}) });
}

/** Digest of the graph of `encodedImages`; weights are inputs of it. */
export function encodingDigest(spec: ReconstructionSpec): Digest {
  return graphDigest({ ...encodedImages(spec, {}) });
}

/** The codes of the images that are fed; corrupted ones where the spec says so. */
export function encodedImages(spec: ReconstructionSpec, options: ScopeOptions): Encoded {
  const model = autoencoderOf(spec);
  const { seen, condition } = inputsOf(spec);
  return encode(model, createScope(options), { x: seen, condition }, spec);
}

/** The images that are fed, encoded and decoded. */
export function reconstructedImages(
  spec: ReconstructionSpec,
  options: ScopeOptions,
): Reconstructed {
  const { shape, model: params, seed, drawsCodes } = spec;
  const model = autoencoderOf(spec);
  const { x, seen, condition, stream } = inputsOf(spec);
  const scope = createScope(options);
  const code = encode(model, scope, { x: seen, condition }, spec);
  const z = drawsCodes && code.logVariance
    ? drawnCode(code as Gaussian, randomKey(seed, "reconstruction/code"), stream())
    : code.mean;
  const logits = model.decode(scope.child("decoder"), { z, condition, shape }, params);
  const images = sigmoid(logits);
  return {
    ...code,
    ...(seen === x ? {} : { seen }),
    images,
    bce: mul(
      sampleMeans(bceWithLogits.values({ prediction: logits, target: x }, {})),
      elementCount(shape),
    ),
    mse: sampleMeans(mse.values({ prediction: images, target: x }, {})),
    ...(code.logVariance ? { divergence: gaussianDivergences(code.mean, code.logVariance) } : {}),
  };
}

/** The codes of images by the model. */
export function encode(
  model: Autoencoder,
  scope: Scope,
  inputs: { readonly x: Tensor; readonly condition: Tensor | undefined },
  { model: params }: ReconstructionSpec,
): Encoded {
  return model.encode(scope.child("encoder"), inputs, params);
}

/** The images that are fed as themselves and as they are seen, their conditions, and their streams where some draw. */
export function inputsOf(
  { shape, batchSize, conditionWidth, corruption, seed }: ReconstructionSpec,
) {
  const x = input(rowInputs.images, [batchSize, ...shape]);
  let drawn: Tensor | undefined;
  // One input, made when something is first drawn.
  const stream = () => drawn ??= input(rowInputs.stream, [batchSize], "uint64");
  const seen = corruption && corruption.kind !== "none"
    ? corrupted(x, {
      choice: corruption,
      seed,
      purpose: "reconstruction/corruption",
      stream: stream(),
    })
    : x;
  const condition = conditionWidth
    ? input(rowInputs.conditions, [batchSize, conditionWidth])
    : undefined;
  return { x, seen, condition, stream };
}

/** Throws for a model of another family. */
export function autoencoderOf({ model: choice }: ReconstructionSpec): Autoencoder {
  const model = chosen(models, choice);
  if (model.family !== "autoencoder") throw new Error(`${model.kind} does not encode images`);
  return model;
}
