/**
 * The forward process: how noise hides an image step by step. Everything in float64; alphas_cumprod multiplied up
 * in float32, as some libraries do, is off by 1e-5 at T = 1000.
 *
 *     q(x_t | x_0) = N(sqrt(alphas_cumprod_t) x_0, 1 - alphas_cumprod_t)      Ho et al. (2020), equation 4
 */
import { type Choice, chosen } from "../base/table.ts";
import type { ScheduleNumbers } from "./schedules/schedule.ts";
import { schedules } from "./schedules/table.ts";
import { withZeroSnr } from "./schedules/zero_snr.ts";

/** A discrete noise process with timesteps 0 .. timesteps - 1. */
export interface NoiseProcess extends ScheduleNumbers {
  readonly timesteps: number;
}

/** The coefficients of x_t = signal x_0 + noise epsilon. */
export interface Mixture {
  readonly signal: number;
  readonly noise: number;
}

/** The process of a chosen schedule. Throws `ParamError` relative to the schedule. */
export function noiseProcess(schedule: Choice): NoiseProcess {
  const numbers = chosen(schedules, schedule).numbers(schedule);
  const { betas, alphasCumprod } = schedule.rescale_betas_zero_snr ? withZeroSnr(numbers) : numbers;
  return { timesteps: betas.length, betas, alphasCumprod };
}

/** Whether the last timestep is noise alone, so that an image cannot be found from epsilon there. */
export function endsInNoise({ alphasCumprod }: NoiseProcess): boolean {
  return alphasCumprod[alphasCumprod.length - 1] === 0;
}

/** x_t's coefficients where the share `alphaCumprod` of its variance is signal. */
export function mixtureOf(alphaCumprod: number): Mixture {
  return { signal: Math.sqrt(alphaCumprod), noise: Math.sqrt(1 - alphaCumprod) };
}

/** x_t's coefficients. */
export function mixtureAt(process: NoiseProcess, t: number): Mixture {
  return mixtureOf(process.alphasCumprod[t]);
}

/** Signal-to-noise ratio alphas_cumprod / (1 - alphas_cumprod) of x_t, for data of variance 1. */
export function snrAt({ alphasCumprod }: NoiseProcess, t: number): number {
  return alphasCumprod[t] / (1 - alphasCumprod[t]);
}
