/**
 * A sampler's rows for one prediction, as numbers that both executors understand: plain arrays on the host (`host.ts`)
 * and tensors in the sampling program.
 *
 *     output = model(scale x, timestep)          x is the first register
 *     x0     = clip(x0FromX x + x0FromOutput output)
 *     registers' = next [registers; x0; output; noise]
 */
import { ParamError } from "../../base/errors.ts";
import { mixtureOf } from "../process.ts";
import type { Prediction } from "../predictions/prediction.ts";
import type { SamplerTable } from "./sampler.ts";

/** One evaluation, with the prediction's change of variables worked in: epsilon is gone. */
export interface Step {
  readonly timestep: number;
  readonly scale: number;
  readonly x0FromX: number;
  readonly x0FromOutput: number;
  /** A row for each register: coefficients of the registers, then of x0, of the output and of noise. */
  readonly next: readonly (readonly number[])[];
}

/**
 * The steps of a table. Throws `ParamError` for a prediction that divides by the signal where a row has none, as the
 * first of a process that is rescaled to zero SNR.
 */
export function stepsOf(table: SamplerTable, prediction: Prediction): Step[] {
  const { registers } = table;
  if (prediction.needsSignal && table.rows.some(({ alphaCumprod }) => alphaCumprod === 0)) {
    const reason = "says nothing of the image where a process begins without signal";
    throw new ParamError(["prediction"], reason, prediction.kind, "Use v or x0.");
  }
  return table.rows.map(({ timestep, alphaCumprod, scale, next }) => {
    const mixture = mixtureOf(alphaCumprod);
    const toX0 = prediction.x0(mixture);
    // epsilon as a sum over x, x0 and the output: from the output, or from what x holds beside the clipped x0.
    const toEpsilon = table.epsilonFromClipped
      ? { x: 1 / mixture.noise, x0: -mixture.signal / mixture.noise, output: 0 }
      : { ...prediction.epsilon(mixture), x0: 0 };
    const rows = Array.from({ length: registers }, (_, j) => {
      const { registers: kept = [], x0 = 0, epsilon = 0, noise = 0 } = next[j] ?? {};
      const row = [
        ...Array.from({ length: registers }, (_, k) => kept[k] ?? 0),
        x0 + epsilon * toEpsilon.x0,
        epsilon * toEpsilon.output,
        noise,
      ];
      row[0] += epsilon * toEpsilon.x * scale;
      return row;
    });
    return {
      timestep,
      scale,
      x0FromX: toX0.x * scale,
      x0FromOutput: toX0.output,
      next: rows,
    };
  });
}
