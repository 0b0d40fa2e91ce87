/** What a loss weighting is, and how one that is written for the error of x0 becomes one for a model's own error. */
import type { Definition } from "../../base/table.ts";
import type { Prediction } from "../predictions/prediction.ts";
import type { Mixture } from "../process.ts";

// deno-lint-ignore no-explicit-any
export interface Weighting<P = any> extends Definition {
  /** The weight of the squared error of a model's output at x_t = signal x0 + noise epsilon, not negative. */
  weight(mixture: Mixture, prediction: Prediction, params: P): number;
}

/** Signal-to-noise ratio of x_t, for data of variance 1. */
export function snrOf({ signal, noise }: Mixture): number {
  return (signal / noise) ** 2;
}

/**
 * The weight of the output's squared error that equals a weight of x0's. At a given x_t, x0 = a x_t + b output, so
 * the error of x0 is b times the output's: b^2 is 1/SNR for epsilon, 1 for x0 and 1/(SNR + 1) for v.
 */
export function throughImage(weight: number, mixture: Mixture, prediction: Prediction): number {
  return weight * prediction.x0(mixture).output ** 2;
}
