/**
 * The sampling program: up to K denoising steps of any sampler's table in one run of one ONNX model, the weights
 * in it as constants. What it adds as noise depends on the sample and the step alone, never on the batch.
 */
import { elementCount, type NdArray } from "../base/nd_array.ts";
import { constant, input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { buildModel } from "../onnx/model.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { add, cast, gather, loop, reshape } from "../../kernels/ops/mod.ts";
import { knownNumberNames, type KnownNumbers } from "./inpainting.ts";
import {
  samplingInputs,
  type SamplingSpec,
  samplingStep,
  stepNumberNames,
  type StepNumbers,
} from "./sampling_step.ts";

/** Names of the inputs and outputs of a run. */
export const samplingNames = {
  /** float32 [registers, N, C, H, W], x first; carried from `nextRegisters`. */
  registers: "registers",
  nextRegisters: "next.registers",
  conditions: samplingInputs.conditions,
  negative: samplingInputs.negative,
  samples: samplingInputs.samples,
  /** uint64 scalar: steps made before this run. */
  firstStep: "first_step",
  /** int64 scalar: steps to make. */
  stepCount: "step_count",
  /** float32 [maxSteps] each. */
  number: (name: string) => `step.${name}`,
  /** float32 [maxSteps], for a program with guidance. */
  guidanceScale: "step.guidance_scale",
  /** float32 [maxSteps, registers, registers + 3], or + 2 without noise. */
  next: "step.next",
} as const;

/** The program with its weights. */
export function buildSamplingProgram(
  spec: SamplingSpec,
  weights: ReadonlyMap<string, NdArray>,
  maxSteps: number,
  target: LoweringTarget = "cpu",
): Uint8Array {
  const { lower, tidy } = lowerings[target];
  const { registers: count, batchSize, shape, noisy } = spec;
  const matrices = input(samplingNames.next, [maxSteps, count, count + (noisy ? 3 : 2)]);
  const registers = input("carried.registers", [count, batchSize * elementCount(shape)]);
  const iteration = input("iteration", [], "int64");
  const condition = input("condition", [], "bool");
  const ofStep = (name: string) => gather(input(name, [maxSteps]), iteration);
  const numbersOf = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, ofStep(samplingNames.number(name))]));
  const numbers = numbersOf(stepNumberNames) as StepNumbers<Tensor>;
  const guided = spec.guidance ? { guidanceScale: ofStep(samplingNames.guidanceScale) } : {};
  const known = spec.inpaints ? { known: numbersOf(knownNumberNames) as KnownNumbers<Tensor> } : {};
  const index = add(input(samplingNames.firstStep, [], "uint64"), cast(iteration, "uint64"));
  const next = samplingStep(
    spec,
    { registers, next: gather(matrices, iteration), numbers, index, ...guided, ...known },
    { resolve: constantsOf(weights) },
  );
  const body = {
    inputs: [iteration, condition, registers],
    outputs: [condition, ...tidy(lower([next]))],
  };
  const start = input(samplingNames.registers, [count, batchSize, ...shape]);
  const flat = reshape(start, registers.shape);
  const [last] = loop(input(samplingNames.stepCount, [], "int64"), [flat], body, maxSteps);
  return buildModel({ [samplingNames.nextRegisters]: reshape(last, start.shape) });
}

/** Parameters and running statistics as constants. */
export function constantsOf(weights: ReadonlyMap<string, NdArray>): (name: string) => Tensor {
  return (name) => {
    const values = weights.get(name);
    if (!values) throw new Error(`the trained model has no ${name}`);
    return constant(values);
  };
}
