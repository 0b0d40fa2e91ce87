/**
 * Decoding as a symbolic graph: images from an autoencoder's codes. Device-independent; its digest is part of the
 * key of samples.
 */
import type { Digest } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { type Choice, chosen } from "../base/table.ts";
import { graphDigest } from "../graph/digest.ts";
import { input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createScope, type ScopeOptions } from "../../kernels/layers/scope.ts";
import type { ImageShape, VariationalAutoencoder } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import { sigmoid } from "../../kernels/ops/mod.ts";

/** Everything that determines the mathematics beside the weights. */
export interface DecodingSpec {
  readonly shape: ImageShape;
  readonly batchSize: number;
  readonly model: Choice;
  /** Numbers in the condition of each sample; the model is given none without it. */
  readonly conditionWidth?: number;
  readonly seed: number;
}

/** Inputs and output of the graph: [N, latent width], [N, Z], [N, C, H, W]. */
export const decodingNames = {
  codes: "codes",
  conditions: "conditions",
  images: "images",
} as const;

/**
 * Digest of the graph; weights are inputs of it. Throws `ParamError` at the port `model` for a model from which
 * nothing can be drawn.
 */
export function decodingDigest(spec: DecodingSpec): Digest {
  return graphDigest({ [decodingNames.images]: decodedImages(spec, {}) });
}

/** The images [N, C, H, W] of codes. */
export function decodedImages(spec: DecodingSpec, options: ScopeOptions): Tensor {
  const { batchSize, shape, conditionWidth: width } = spec;
  const model = autoencoderOf(spec);
  const z = input(decodingNames.codes, [batchSize, codeWidth(spec)]);
  const condition = width ? input(decodingNames.conditions, [batchSize, width]) : undefined;
  const scope = createScope(options).child("decoder");
  return sigmoid(model.decode(scope, { z, condition, shape }, spec.model));
}

/** Numbers in a code. */
export function codeWidth(spec: DecodingSpec): number {
  return autoencoderOf(spec).latentWidth(spec.model);
}

function autoencoderOf({ model: choice }: DecodingSpec): VariationalAutoencoder {
  const model = chosen(models, choice);
  if (model.family === "autoencoder" && model.variational) return model;
  const why = model.family === "autoencoder"
    ? `${model.kind}, which gives back images: how its codes are distributed is not known, so none can be drawn`
    : `${model.kind}, which decodes no images`;
  const hint = "Use a denoiser or a variational autoencoder, such as cvae.";
  throw new ParamError(["from", "model"], `is a ${why}`, undefined, hint);
}
