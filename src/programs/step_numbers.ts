/** The numbers that change from step to step: learning rates, corrections of moments, the pace of the average. */
import type { NdArray } from "../base/nd_array.ts";
import { type Choice, chosen } from "../base/table.ts";
import { emaRate } from "../../kernels/optimizers/ema.ts";
import { learningRateAt, type RateScheduleChoice } from "../../kernels/optimizers/learning_rate.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import { averagesInLoop, EMA_RATE, trainingNames } from "./training.ts";

/** What decides the numbers of a step beside its count. */
export interface Pace {
  readonly optimizer: Choice;
  readonly learningRate: number;
  readonly rateSchedule: RateScheduleChoice;
  /** Steps between updates of the moving average; none is kept without it. */
  readonly emaEvery?: number;
  /** Decay of the moving average per step. */
  readonly emaDecay?: number;
}

/** The feeds of the steps after `done`, float32 [length] each, computed in float64. */
export function stepNumbers(
  pace: Pace,
  names: readonly string[],
  done: number,
  length: number,
): Record<string, NdArray> {
  const columns = names.map((name) => [name, new Float32Array(length)] as const);
  for (let k = 0; k < length; k++) {
    const values = numbersAt(pace, done + k + 1);
    for (const [name, column] of columns) column[k] = values[name];
  }
  return Object.fromEntries(columns.map(([name, data]) => [
    trainingNames.scalar(name),
    { dtype: "float32", shape: [length], data },
  ]));
}

/** By name, for a step counted from 1. */
function numbersAt(
  { optimizer, learningRate, rateSchedule, emaDecay }: Pace,
  step: number,
): Readonly<Record<string, number>> {
  const rate = learningRateAt(step, learningRate, rateSchedule);
  const numbers = chosen(optimizers, optimizer).scalars(step, rate, optimizer);
  return emaDecay === undefined ? numbers : { ...numbers, [EMA_RATE]: emaRate(step, emaDecay) };
}

/**
 * How far the average follows after a run that ends at step `reached`, where it is not updated at every step:
 * decay^every per update, and not at all where none is due.
 */
export function averageNumber(
  { emaEvery, emaDecay }: Pace,
  reached: number,
): Record<string, NdArray> {
  if (emaEvery === undefined || averagesInLoop({ emaEvery })) return {};
  const perStep = 1 - emaRate(reached, emaDecay!);
  const rate = reached % emaEvery === 0 ? 1 - perStep ** emaEvery : 0;
  return { [EMA_RATE]: { dtype: "float32", shape: [], data: Float32Array.of(rate) } };
}

/** Steps until the average is due, at which a run must end; any number where it is updated at every step. */
export function stepsUntilAverage({ emaEvery = 1 }: Pace, done: number): number {
  return emaEvery > 1 ? emaEvery - done % emaEvery : Infinity;
}
