/**
 * One denoising step of any sampler's table as a symbolic graph: the model's output, the update, the noise that is
 * added. Device-independent; its digest is part of the key of samples.
 */
import type { Digest } from "../base/canonical.ts";
import { elementCount } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { type Choice, chosen } from "../base/table.ts";
import { type Algebra, samplerStep, type Step, stepColumns } from "../diffusion/samplers/step.ts";
import { graphDigest } from "../graph/digest.ts";
import { input, scalar } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { normalTensor } from "../../kernels/layers/random.ts";
import { createScope, type ScopeOptions } from "../../kernels/layers/scope.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import { add, clip, mul, reshape } from "../../kernels/ops/mod.ts";

/** Everything that determines the mathematics of a step beside the weights and the table's numbers. */
export interface SamplingSpec {
  readonly shape: ImageShape;
  readonly batchSize: number;
  readonly model: Choice;
  /** Numbers in the condition of each sample; the model is given none without it. */
  readonly conditionWidth?: number;
  /** Limit of |x0|; not clipped without it. */
  readonly clip?: number;
  /** Whether any step adds noise. */
  readonly noisy: boolean;
  readonly seed: number;
}

/** Inputs of a step that stay the same for all steps of a batch. */
export const samplingInputs = {
  /** float32 [N, Z]: conditions of the samples, where the spec has them. */
  conditions: "conditions",
  /** uint64 [N]: numbers of the samples. */
  samples: "samples",
} as const;

/** Steps that a sampler may have: the random stream of step s of sample k is k * 2^16 + s. */
const STEP_BITS = 2 ** 16;

/** What changes from step to step. */
export interface StepTensors {
  readonly x: Tensor;
  readonly step: Step<Tensor>;
  /** uint64 scalar: the number of the step. */
  readonly index: Tensor;
}

const tensorAlgebra: Algebra<Tensor, Tensor> = {
  times: mul,
  plus: add,
  clamp: (value, limit) => clip(value, -limit, limit),
};

/** The next x, by one step of the table: the model's output at x, then the generic update. */
export function samplingStep(
  spec: SamplingSpec,
  { x, step, index }: StepTensors,
  scope: ScopeOptions,
): Tensor {
  const t = reshape(step.timestep, [1]);
  const model = chosen(models, spec.model);
  if (model.family !== "denoiser") throw new Error(`${model.kind} does not denoise`);
  const { conditionWidth: width } = spec;
  const condition = width ? input(samplingInputs.conditions, [spec.batchSize, width]) : undefined;
  const output = model.apply(createScope(scope), { x, t, condition }, spec.model);
  const noise = spec.noisy ? stepNoise(spec, index) : undefined;
  return samplerStep(tensorAlgebra, step, { x, output, noise }, spec.clip).x;
}

/** Digest of a step's graph; weights and coefficients are inputs of it. */
export function samplingDigest(spec: SamplingSpec): Digest {
  const x = input("x", [spec.batchSize, ...spec.shape]);
  const step = Object.fromEntries(stepColumns.map((name) => [name, input(`step.${name}`, [])]));
  const index = input("step", [], "uint64");
  return graphDigest({
    x: samplingStep(spec, { x, step: step as unknown as Step<Tensor>, index }, {}),
  });
}

/** Standard normal numbers of every sample of the batch at a step. */
function stepNoise({ seed, batchSize, shape }: SamplingSpec, index: Tensor): Tensor {
  const samples = input(samplingInputs.samples, [batchSize], "uint64");
  const stream = add(mul(samples, scalar(STEP_BITS, "uint64")), reshape(index, [1]));
  const flat = normalTensor(randomKey(seed, "sample/step"), stream, elementCount(shape));
  return reshape(flat, [batchSize, ...shape]);
}
