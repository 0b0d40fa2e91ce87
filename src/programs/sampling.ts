/**
 * The sampling program: up to K denoising steps of any sampler's table in one run of one ONNX model, the weights
 * in it as constants. What it adds as noise depends on the sample and the step alone, never on the batch.
 */
import type { Digest } from "../base/canonical.ts";
import { elementCount, type NdArray } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { type Choice, chosen } from "../base/table.ts";
import { type Algebra, samplerStep, type Step, stepColumns } from "../diffusion/samplers/step.ts";
import { graphDigest } from "../graph/digest.ts";
import { constant, input, scalar } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { buildModel } from "../onnx/model.ts";
import { createScope, type ScopeOptions } from "../../kernels/layers/scope.ts";
import { normalTensor } from "../../kernels/layers/random.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import { add, cast, clip, expand, gather, loop, mul, reshape } from "../../kernels/ops/mod.ts";

/** Everything that determines the mathematics of a step beside the weights and the table's numbers. */
export interface SamplingSpec {
  readonly shape: ImageShape;
  readonly batchSize: number;
  readonly model: Choice;
  /** Limit of |x0|; not clipped without it. */
  readonly clip?: number;
  /** Whether any step adds noise. */
  readonly noisy: boolean;
  readonly seed: number;
}

/** Names of the inputs and outputs of a run. */
export const samplingNames = {
  /** float32 [N, C, H, W]; carried from `next.x`. */
  x: "x",
  nextX: "next.x",
  /** uint64 [N]: numbers of the samples. */
  samples: "samples",
  /** uint64 scalar: steps made before this run. */
  firstStep: "first_step",
  /** int64 scalar: steps to make. */
  stepCount: "step_count",
  /** float32 [maxSteps] each. */
  column: (name: string) => `step.${name}`,
} as const;

/** Steps that a sampler may have: the random stream of step s of sample k is k * 2^16 + s. */
const STEP_BITS = 2 ** 16;

/** The program with its weights. */
export function buildSamplingProgram(
  spec: SamplingSpec,
  weights: ReadonlyMap<string, NdArray>,
  maxSteps: number,
  target: LoweringTarget = "cpu",
): Uint8Array {
  const { lower, tidy } = lowerings[target];
  const columns = stepColumns.map((name) => input(samplingNames.column(name), [maxSteps]));
  const x = input("carried.x", [spec.batchSize, ...spec.shape]);
  const iteration = input("iteration", [], "int64");
  const condition = input("condition", [], "bool");
  const step = Object.fromEntries(
    stepColumns.map((name, i) => [name, gather(columns[i], iteration)]),
  ) as unknown as Step<Tensor>;
  const index = add(input(samplingNames.firstStep, [], "uint64"), cast(iteration, "uint64"));
  const next = denoise(spec, { x, step, index }, {
    resolve: (name) => {
      const values = weights.get(name);
      if (!values) throw new Error(`the trained model has no ${name}`);
      return constant(values);
    },
  });
  const body = { inputs: [iteration, condition, x], outputs: [condition, ...tidy(lower([next]))] };
  const start = input(samplingNames.x, x.shape);
  const [last] = loop(input(samplingNames.stepCount, [], "int64"), [start], body, maxSteps);
  return buildModel({ [samplingNames.nextX]: last });
}

/** Digest of a step's graph; weights and coefficients are inputs of it. */
export function samplingDigest(spec: SamplingSpec): Digest {
  const x = input("x", [spec.batchSize, ...spec.shape]);
  const step = Object.fromEntries(stepColumns.map((name) => [name, input(`step.${name}`, [])]));
  const index = input("step", [], "uint64");
  return graphDigest({ x: denoise(spec, { x, step: step as unknown as Step<Tensor>, index }, {}) });
}

interface StepTensors {
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

/** One step of the table: the model's output at x, then the generic update. */
function denoise(spec: SamplingSpec, { x, step, index }: StepTensors, scope: ScopeOptions): Tensor {
  const t = expand(reshape(step.timestep, [1]), [spec.batchSize]);
  const output = chosen(models, spec.model).apply(createScope(scope), { x, t }, spec.model);
  const noise = spec.noisy ? stepNoise(spec, index) : undefined;
  return samplerStep(tensorAlgebra, step, { x, output, noise }, spec.clip).x;
}

/** Standard normal numbers of every sample of the batch at a step. */
function stepNoise({ seed, batchSize, shape }: SamplingSpec, index: Tensor): Tensor {
  const samples = input(samplingNames.samples, [batchSize], "uint64");
  const stream = add(mul(samples, scalar(STEP_BITS, "uint64")), reshape(index, [1]));
  const flat = normalTensor(randomKey(seed, "sample/step"), stream, elementCount(shape));
  return reshape(flat, [batchSize, ...shape]);
}
