/** What a way of drawing timesteps for training is: a distribution over the discrete timesteps, and no more. */
import type { Definition } from "../../base/table.ts";

// deno-lint-ignore no-explicit-any
export interface TimestepSampling<P = any> extends Definition {
  /**
   * How often each timestep is drawn, [T], in any unit: not negative, and not 0 everywhere. Throws `ParamError`
   * relative to the choice.
   */
  masses(alphasCumprod: Float64Array, params: P): Float64Array;
  /**
   * Of a distribution that follows the losses, which `masses` then only begins: how it does. Throws `ParamError`
   * relative to the choice.
   */
  bins?(timesteps: number, params: P): LossBins;
}

/** Neighbouring timesteps that share what is known of their losses. */
export interface LossBins {
  /** Bin b is the timesteps edges[b] .. edges[b + 1] - 1; the first edge is 0, the last T. */
  readonly edges: readonly number[];
  /** Share of draws that are uniform over all timesteps. */
  readonly uniformShare: number;
  /** Steps over which a bin's losses are averaged. */
  readonly memory: number;
  /** Steps in which every bin must have been seen before any is preferred. */
  readonly warmUp: number;
}
