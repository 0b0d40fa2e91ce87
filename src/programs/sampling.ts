/**
 * The sampling program: up to K denoising steps of any sampler's table in one run of one ONNX model, the weights
 * in it as constants. What it adds as noise depends on the sample and the step alone, never on the batch.
 */
import type { NdArray } from "../base/nd_array.ts";
import { type Step, stepColumns } from "../diffusion/samplers/step.ts";
import { constant, input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { buildModel } from "../onnx/model.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { add, cast, gather, loop } from "../../kernels/ops/mod.ts";
import { samplingInputs, type SamplingSpec, samplingStep } from "./sampling_step.ts";

/** Names of the inputs and outputs of a run. */
export const samplingNames = {
  /** float32 [N, C, H, W]; carried from `next.x`. */
  x: "x",
  nextX: "next.x",
  conditions: samplingInputs.conditions,
  samples: samplingInputs.samples,
  /** uint64 scalar: steps made before this run. */
  firstStep: "first_step",
  /** int64 scalar: steps to make. */
  stepCount: "step_count",
  /** float32 [maxSteps] each. */
  column: (name: string) => `step.${name}`,
} as const;

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
  const next = samplingStep(spec, { x, step, index }, {
    resolve: constantsOf(weights),
  });
  const body = { inputs: [iteration, condition, x], outputs: [condition, ...tidy(lower([next]))] };
  const start = input(samplingNames.x, x.shape);
  const [last] = loop(input(samplingNames.stepCount, [], "int64"), [start], body, maxSteps);
  return buildModel({ [samplingNames.nextX]: last });
}

/** Parameters and running statistics as constants. */
export function constantsOf(weights: ReadonlyMap<string, NdArray>): (name: string) => Tensor {
  return (name) => {
    const values = weights.get(name);
    if (!values) throw new Error(`the trained model has no ${name}`);
    return constant(values);
  };
}
