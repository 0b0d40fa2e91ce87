/** The programs that encode images, and that give them back, by a trained autoencoder of either kind. */
import type { NdArray } from "../base/nd_array.ts";
import type { ScopeOptions } from "../../kernels/layers/scope.ts";
import type { Precision } from "../../kernels/lowering/mod.ts";
import { loweringFor } from "../runtime/device.ts";
import {
  buildRowProgram,
  type ImageBatches,
  type RowOptions,
  type RowProgram,
  runOverImages,
} from "./image_rows.ts";
import { imageLikelihoods, type Likelihoods, type LikelihoodSpec } from "./likelihood_step.ts";
import {
  type Encoded,
  encodedImages,
  type Reconstructed,
  reconstructedImages,
  type ReconstructionSpec,
} from "./reconstruction_step.ts";
import { constantsOf } from "./sampling.ts";

export interface ReconstructOptions<S = ReconstructionSpec> extends RowOptions {
  readonly spec: S;
  readonly weights: ReadonlyMap<string, NdArray>;
  /** Images in [0, 1]; the k-th of all has the same corruption and drawn code in batches of any size. */
  readonly batches: ImageBatches;
  readonly precision: Precision;
}

/** The codes of a batch: [n, latent width] each. */
export interface Codes {
  readonly mean: NdArray<Float32Array>;
  /** Of a variational autoencoder. */
  readonly logVariance?: NdArray<Float32Array>;
}

/** What was made of a batch of n images; see `Reconstructed` for the units. */
export interface Reconstruction extends Codes {
  readonly seen?: NdArray<Float32Array>;
  readonly images: NdArray<Float32Array>;
  readonly bce: NdArray<Float32Array>;
  readonly mse: NdArray<Float32Array>;
  readonly divergence?: NdArray<Float32Array>;
}

/** Of a batch of n images; see `Likelihoods`. */
export interface Likelihood {
  readonly nll: NdArray<Float32Array>;
}

/** The codes of every batch, in order. */
export async function* encodeImages(options: ReconstructOptions): AsyncGenerator<Codes> {
  const program = programOf(options, encodedImages);
  for await (const codes of runOverImages(program, options.batches, options)) {
    yield codes as unknown as Codes;
  }
}

/** Codes, images and losses of every batch, in order; nothing of an earlier batch is held. */
export async function* reconstructImages(
  options: ReconstructOptions,
): AsyncGenerator<Reconstruction> {
  const program = programOf(options, reconstructedImages);
  for await (const made of runOverImages(program, options.batches, options)) {
    yield made as unknown as Reconstruction;
  }
}

/** How likely the images of every batch are, in order. */
export async function* likelihoodsOfImages(
  options: ReconstructOptions<LikelihoodSpec>,
): AsyncGenerator<Likelihood> {
  const program = programOf(options, imageLikelihoods);
  for await (const made of runOverImages(program, options.batches, options)) {
    yield made as unknown as Likelihood;
  }
}

function programOf<S extends ReconstructionSpec>(
  { spec, weights, device, precision }: ReconstructOptions<S>,
  build: (spec: S, options: ScopeOptions) => Encoded | Reconstructed | Likelihoods,
): RowProgram {
  const named = { ...build(spec, { resolve: constantsOf(weights) }) };
  return buildRowProgram(named, spec, loweringFor(device, precision));
}
