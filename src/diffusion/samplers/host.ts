/** Runs a sampler's table in plain TypeScript, with a callback for the model: for laws, checks and notebooks. */
import type { Prediction } from "../predictions/prediction.ts";
import { type Clip, clipped } from "./clipping.ts";
import type { SamplerTable } from "./sampler.ts";
import { type Step, stepsOf } from "./step.ts";

/** What the model and the source of noise are. */
export interface HostRun {
  /** x before the first evaluation: `table.start` times standard normal numbers. */
  readonly x: Float64Array;
  /** Values of one sample, where `x` holds several and each is to be thresholded by itself; all of x without it. */
  readonly sampleSize?: number;
  /** The model's output for an image of unit variance (`scale` times x) at a timestep. */
  denoise(x: Float64Array, timestep: number): Float64Array;
  /** Standard normal numbers for a step that adds noise; steps count from 0. */
  noise?(step: number): Float64Array;
  /** Called after every evaluation. */
  watch?(step: number, values: { readonly x: Float64Array; readonly x0: Float64Array }): void;
}

/** The sample that a table makes of `x`. Throws where a step adds noise and there is no source of it. */
export function runTable(table: SamplerTable, prediction: Prediction, run: HostRun): Float64Array {
  let registers = [run.x];
  while (registers.length < table.registers) registers.push(new Float64Array(run.x.length));
  stepsOf(table, prediction).forEach((step, index) => {
    const output = run.denoise(scaled(registers[0], step.scale), step.timestep);
    const after = hostStep(
      step,
      { registers, output, noise: () => noiseOf(run, index), sampleSize: run.sampleSize },
      table.clip,
    );
    ({ registers } = after);
    run.watch?.(index, { x: registers[0], x0: after.x0 });
  });
  return registers[0];
}

/** What a step works on. */
export interface StepValues {
  readonly registers: readonly Float64Array[];
  readonly output: Float64Array;
  /** Values of one sample; all without it. */
  readonly sampleSize?: number;
  /** Asked only by a step that adds noise. */
  noise(): Float64Array;
}

/** The registers after one step, and the x0 on the way. */
export function hostStep(
  step: Step,
  { registers, output, noise, sampleSize }: StepValues,
  clip?: Clip,
): { registers: Float64Array[]; x0: Float64Array } {
  const [x] = registers;
  const free = x.map((value, i) => step.x0FromX * value + step.x0FromOutput * output[i]);
  const x0 = clipped(free, clip, sampleSize ?? x.length);
  const noisy = step.next.some((row) => row[row.length - 1] !== 0);
  const terms = [...registers, x0, output, ...(noisy ? [noise()] : [])];
  const next = step.next.map((row) =>
    x.map((_, i) => terms.reduce((sum, term, k) => row[k] === 0 ? sum : sum + row[k] * term[i], 0))
  );
  return { registers: next, x0 };
}

function scaled(x: Float64Array, factor: number): Float64Array {
  return factor === 1 ? x : x.map((value) => value * factor);
}

function noiseOf({ noise }: HostRun, step: number): Float64Array {
  if (!noise) throw new Error(`step ${step} needs noise`);
  return noise(step);
}
