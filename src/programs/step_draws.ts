/**
 * What a denoiser's training step draws at random: noise, timesteps, and whose condition is dropped. Each has a
 * purpose of its own and is addressed by the image's stream, so it is the same in batches of any size.
 */
import { elementCount, float32 } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import {
  cumulativeProbabilities,
  lossBins,
  timestepProbabilities,
} from "../diffusion/timestep_sampling/table.ts";
import { constant, scalar } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { normalTensor, uniformTensor } from "../../kernels/layers/random.ts";
import type { Scope } from "../../kernels/layers/scope.ts";
import {
  add,
  cast,
  concat,
  floor,
  greater,
  min,
  mul,
  reduceSum,
  reshape,
} from "../../kernels/ops/mod.ts";
import { type DrawnTimesteps, lossAwareTimesteps } from "./loss_aware_timesteps.ts";
import type { StepSpec } from "./step_spec.ts";

/**
 * Standard normal noise [B, C, H, W]. With offset noise every channel of an image gets one more normal number, by
 * which it is shifted as a whole: Guttenberg, "Diffusion with offset noise" (2023); `noise_offset` in Diffusers'
 * training scripts.
 */
export function drawNoise({ shape, seed, offsetNoise = 0 }: StepSpec, stream: Tensor): Tensor {
  const batchSize = stream.shape[0];
  const white = reshape(
    normalTensor(randomKey(seed, "noise"), stream, elementCount(shape)),
    [batchSize, ...shape],
  );
  if (offsetNoise === 0) return white;
  const shifts = normalTensor(randomKey(seed, "offset-noise"), stream, shape[0]);
  return add(white, reshape(mul(shifts, offsetNoise), [batchSize, shape[0], 1, 1]));
}

/** Timesteps [B] for the streams, uniform over 0 .. T-1 without a sampling of another kind. */
export function drawTimesteps(spec: StepSpec, stream: Tensor, scope: Scope): DrawnTimesteps {
  const { seed, alphasCumprod, timestepSampling } = spec;
  const count = alphasCumprod!.length;
  const bins = timestepSampling && lossBins(timestepSampling, count);
  if (bins) return lossAwareTimesteps(scope.child("timestep_sampling"), bins, { seed, stream });
  const key = randomKey(seed, "timestep");
  const probabilities = timestepSampling && timestepProbabilities(timestepSampling, alphasCumprod!);
  const even = !probabilities || probabilities.every((each) => each === probabilities[0]);
  return {
    t: even
      ? uniformTimesteps(key, stream, count)
      : timestepsOf(cumulativeProbabilities(probabilities), key, stream),
  };
}

/** floor(u T). u = 1 is possible and belongs to the last timestep. */
function uniformTimesteps(key: bigint, stream: Tensor, timesteps: number): Tensor {
  const u = reshape(uniformTensor(key, stream, 1), [stream.shape[0]]);
  return min(floor(mul(u, timesteps)), scalar(timesteps - 1));
}

/** The inverse of the distribution function, as a count: exact, and for T = 1000 a pass over 4 KB for each image. */
function timestepsOf(cumulative: Float64Array, key: bigint, stream: Tensor): Tensor {
  const ends = constant(float32([1, cumulative.length], cumulative));
  const u = uniformTensor(key, stream, 1);
  return reduceSum(cast(greater(u, ends), "float32"), [1]);
}

/**
 * The condition [B, Z], each row replaced by zeros with probability `conditionDropout`: so one model also learns to
 * do without, as classifier-free guidance needs; Ho and Salimans (2022), arXiv:2207.12598, algorithm 1. Where it
 * is marked, [B, Z + 1]: 1 behind those that were kept, 0 behind the others.
 */
export function dropCondition(
  { seed, conditionDropout = 0, condition: told }: StepSpec,
  condition: Tensor | undefined,
  stream: Tensor,
): Tensor | undefined {
  if (!condition || conditionDropout === 0) return condition;
  const u = uniformTensor(randomKey(seed, "condition-dropout"), stream, 1);
  const kept = cast(greater(u, conditionDropout), "float32");
  const rows = mul(condition, kept);
  return told?.marked ? concat([rows, kept], 1) : rows;
}
