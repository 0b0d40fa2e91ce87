/** What a noise schedule is: numbers alone. It knows neither samplers nor predictions. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import type { Definition } from "../../base/table.ts";

// deno-lint-ignore no-explicit-any
export interface Schedule<P = any> extends Definition {
  /** beta_t of q(x_t | x_(t-1)) for t = 0 .. timesteps - 1. Throws `ParamError` relative to the schedule. */
  betas(params: P): Float64Array;
}

/** The parameter that every schedule has. */
export const timesteps = z.number().int().positive().max(100_000).default(1000)
  .describe("number of noising steps, T");

/** The parameters of schedules that run from one beta to another. */
export const betaRange = {
  timesteps,
  beta_start: z.number().positive().lt(1).default(1e-4).describe(
    "variance added by the first step",
  ),
  beta_end: z.number().positive().lt(1).default(0.02).describe("variance added by the last step"),
};

export interface BetaRange {
  readonly timesteps: number;
  readonly beta_start: number;
  readonly beta_end: number;
}

/** A schedule must not fall: what one step has hidden, a later smaller step would not hide again. */
export function checkBetaRange({ beta_start: first, beta_end: last }: BetaRange) {
  if (last < first) throw new ParamError(["beta_end"], `must be >= beta_start (${first})`, last);
}

/** `count` numbers from `first` to `last` in equal steps; `first` alone for a count of 1, as in NumPy. */
export function linspace(first: number, last: number, count: number): Float64Array {
  const step = count > 1 ? (last - first) / (count - 1) : 0;
  const values = Float64Array.from({ length: count }, (_, i) => first + i * step);
  if (count > 1) values[count - 1] = last;
  return values;
}
