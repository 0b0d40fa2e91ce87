/**
 * What a model says of a batch of slices, as a symbolic graph: the part of a sampling step that cannot be made on the
 * volume. Device-independent; its digests are part of the key of volumes.
 */
import { type Digest, digestOf } from "../base/canonical.ts";
import { graphDigest } from "../graph/digest.ts";
import { input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ScopeOptions } from "../../kernels/layers/scope.ts";
import { modelOutput, type OutputSpec } from "./sampling_step.ts";

export type SliceSpec = OutputSpec;

/** Inputs and output of the graph, beside the conditions of `samplingInputs`. */
export const sliceNames = {
  /** float32 [N, C, H, W], of the variance that the model knows. */
  images: "images",
  /** float32 [1]. */
  timestep: "timestep",
  /** float32 scalar, where there is guidance. */
  guidanceScale: "guidance_scale",
  /** float32 [N, C, H, W]. */
  output: "output",
} as const;

/** The model's output for slices, guided where the spec says so. */
export function sliceOutput(spec: SliceSpec, scope: ScopeOptions): Tensor {
  const images = input(sliceNames.images, [spec.batchSize, ...spec.shape]);
  const scale = spec.guidance ? input(sliceNames.guidanceScale, []) : undefined;
  return modelOutput(spec, images, input(sliceNames.timestep, [1]), scope, scale);
}

/** Digest of the graphs for all shapes that the slices of a volume have. */
export function slicesDigest(specs: readonly SliceSpec[]): Digest {
  const digests = specs.map((spec) => graphDigest({ [sliceNames.output]: sliceOutput(spec, {}) }));
  return digestOf("slices", [...new Set(digests)]);
}
