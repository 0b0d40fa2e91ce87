/** What a prediction is: a change of variables between a model's output and (x0, epsilon). It knows no schedule. */
import type { Mixture } from "../process.ts";

/** A quantity as a sum over x_t and the model's output. */
export interface FromOutput {
  readonly x: number;
  readonly output: number;
}

/** All coefficients are for x_t = signal x0 + noise epsilon. */
export interface Prediction {
  /** The name in a pipeline file. */
  readonly kind: string;
  readonly summary: string;
  /** Whether x0 is found by a division by the signal, which must not be 0 then. */
  readonly needsSignal?: boolean;
  /** What the model learns to give, as a sum over x0 and epsilon. */
  target(mixture: Mixture): { readonly x0: number; readonly epsilon: number };
  /** x0 from x_t and the output. */
  x0(mixture: Mixture): FromOutput;
  /** epsilon from x_t and the output. */
  epsilon(mixture: Mixture): FromOutput;
}
