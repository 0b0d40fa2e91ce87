/**
 * The one generic sampling step, for any sampler and prediction, over any kind of number: arrays on the host
 * (`host.ts`) and tensors in the sampling program alike.
 *
 *     x0 = clip(x0FromX x + x0FromOutput output)
 *     x' = x x + x0 x0 + output output + noise z
 */
import { mixtureOf } from "../process.ts";
import type { Prediction } from "../predictions/prediction.ts";
import type { SamplerTable } from "./sampler.ts";

/** The coefficients of one step for one prediction; `S` is a number or a tensor that stands for one. */
export interface Step<S> {
  readonly timestep: S;
  readonly x0FromX: S;
  readonly x0FromOutput: S;
  readonly x: S;
  readonly x0: S;
  readonly output: S;
  readonly noise: S;
}

/** The names of a step's coefficients, in the order of the columns of a packed table. */
export const stepColumns = [
  "timestep",
  "x0FromX",
  "x0FromOutput",
  "x",
  "x0",
  "output",
  "noise",
] as const satisfies readonly (keyof Step<number>)[];

/** A table with the prediction's change of variables worked in: epsilon is gone. */
export function stepsOf(table: SamplerTable, prediction: Prediction): Step<number>[] {
  return table.rows.map((row) => {
    const mixture = mixtureOf(row.alphaCumprod);
    const toX0 = prediction.x0(mixture);
    // epsilon as a sum over x, x0 and the output: from the output, or from what x holds beside the clipped x0.
    const toEpsilon = table.epsilonFromClipped
      ? { x: 1 / mixture.noise, x0: -mixture.signal / mixture.noise, output: 0 }
      : { ...prediction.epsilon(mixture), x0: 0 };
    return {
      timestep: row.timestep,
      x0FromX: toX0.x,
      x0FromOutput: toX0.output,
      x: row.x + row.epsilon * toEpsilon.x,
      x0: row.x0 + row.epsilon * toEpsilon.x0,
      output: row.epsilon * toEpsilon.output,
      noise: row.noise,
    };
  });
}

/** Arithmetic on values `V` with coefficients `S`. */
export interface Algebra<V, S> {
  times(value: V, coefficient: S): V;
  plus(a: V, b: V): V;
  clamp(value: V, limit: number): V;
}

/** What a step works on; `noise` may be left out where no step adds any. */
export interface StepValues<V> {
  readonly x: V;
  readonly output: V;
  readonly noise?: V;
}

/** One step: the next x, and the x0 on the way, for previews. */
export function samplerStep<V, S>(
  { times, plus, clamp }: Algebra<V, S>,
  step: Step<S>,
  { x, output, noise }: StepValues<V>,
  clip?: number,
): { x: V; x0: V } {
  const free = plus(times(x, step.x0FromX), times(output, step.x0FromOutput));
  const x0 = clip === undefined ? free : clamp(free, clip);
  const kept = plus(times(x, step.x), plus(times(x0, step.x0), times(output, step.output)));
  return { x: noise === undefined ? kept : plus(kept, times(noise, step.noise)), x0 };
}
