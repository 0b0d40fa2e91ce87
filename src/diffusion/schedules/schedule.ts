/** What a noise schedule is: numbers alone. It knows neither samplers nor predictions. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import type { Definition } from "../../base/table.ts";

/** A discrete process as numbers, float64, one for each timestep t = 0 .. timesteps - 1. */
export interface ScheduleNumbers {
  /** The variance that q(x_t | x_(t-1)) adds. */
  readonly betas: Float64Array;
  /** Share of the variance of x_t that is still signal: the product of 1 - beta up to and with t. */
  readonly alphasCumprod: Float64Array;
}

// deno-lint-ignore no-explicit-any
export interface Schedule<P = any> extends Definition {
  /** By `ofBetas` or `ofAlphasCumprod`, whichever the schedule says. Throws `ParamError` relative to the schedule. */
  numbers(params: P): ScheduleNumbers;
}

/** The numbers of a schedule that says how much noise each step adds. */
export function ofBetas(betas: Float64Array): ScheduleNumbers {
  let product = 1;
  return { betas, alphasCumprod: betas.map((beta) => product *= 1 - beta) };
}

/** The numbers of a schedule that says how much signal is left. */
export function ofAlphasCumprod(alphasCumprod: Float64Array): ScheduleNumbers {
  const betas = alphasCumprod.map((product, t) => 1 - product / (t > 0 ? alphasCumprod[t - 1] : 1));
  return { betas, alphasCumprod };
}

/** The parameters that every schedule has. */
export const scheduleParams = {
  timesteps: z.number().int().positive().max(100_000).default(1000)
    .describe("number of noising steps, T"),
  // Without a default, so that the keys of processes from before there was such a parameter stay as they were.
  rescale_betas_zero_snr: z.boolean().optional()
    .describe("stretch the schedule so that nothing of the image is left at the last timestep"),
};

/** The parameters of schedules that run from one beta to another. */
export const betaRange = {
  ...scheduleParams,
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

/**
 * The numbers of a schedule whose betas `betas` lays out from beta_start to beta_end. Throws `ParamError` for a
 * schedule that falls: what one step has hidden, a later smaller step would not hide again.
 */
export function betweenBetas(
  { beta_start: first, beta_end: last, timesteps }: BetaRange,
  betas: (first: number, last: number, count: number) => Float64Array,
): ScheduleNumbers {
  if (last < first) throw new ParamError(["beta_end"], `must be >= beta_start (${first})`, last);
  return ofBetas(betas(first, last, timesteps));
}

/** `count` numbers from `first` to `last` in equal steps; `first` alone for a count of 1, as in NumPy. */
export function linspace(first: number, last: number, count: number): Float64Array {
  const step = count > 1 ? (last - first) / (count - 1) : 0;
  // Four times as fast as Float64Array.from, which counts where thousands of stages are planned.
  const values = new Float64Array(count).map((_, i) => first + i * step);
  if (count > 1) values[count - 1] = last;
  return values;
}
