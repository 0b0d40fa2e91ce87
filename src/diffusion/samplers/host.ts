/** Runs a sampler's table in plain TypeScript, with a callback for the model: for laws, checks and notebooks. */
import type { Prediction } from "../predictions/prediction.ts";
import type { SamplerTable } from "./sampler.ts";
import { type Algebra, samplerStep, stepsOf } from "./step.ts";

/** The arithmetic of the generic step on float64 arrays of one length. */
const hostAlgebra: Algebra<Float64Array, number> = {
  times: (value, coefficient) => value.map((element) => element * coefficient),
  plus: (a, b) => a.map((element, i) => element + b[i]),
  clamp: (value, limit) => value.map((element) => Math.min(limit, Math.max(-limit, element))),
};

/** What the model and the source of noise are. */
export interface HostRun {
  /** x at the first timestep. */
  readonly x: Float64Array;
  /** The model's output for x at a timestep. */
  denoise(x: Float64Array, timestep: number): Float64Array;
  /** Standard normal numbers for a step that adds noise; steps count from 0. */
  noise?(step: number): Float64Array;
  /** Called after every step. */
  watch?(step: number, values: { readonly x: Float64Array; readonly x0: Float64Array }): void;
}

/** The sample that a table makes of `x`. Throws where a step adds noise and there is no source of it. */
export function runTable(table: SamplerTable, prediction: Prediction, run: HostRun): Float64Array {
  let { x } = run;
  stepsOf(table, prediction).forEach((step, index) => {
    const output = run.denoise(x, step.timestep);
    if (step.noise !== 0 && !run.noise) throw new Error(`step ${index} needs noise`);
    const noise = step.noise === 0 ? undefined : run.noise!(index);
    const after = samplerStep(hostAlgebra, step, { x, output, noise }, table.clip);
    run.watch?.(index, after);
    x = after.x;
  });
  return x;
}
