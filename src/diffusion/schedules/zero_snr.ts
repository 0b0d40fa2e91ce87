/** Stretches any schedule until its last timestep is noise alone. It is a parameter of all schedules, and no schedule. */
import { ParamError } from "../../base/errors.ts";
import { ofAlphasCumprod, type ScheduleNumbers } from "./schedule.ts";

/**
 * Algorithm 1 of Lin et al. (2024), arXiv:2305.08891: the signal sqrt(alphas_cumprod) is shifted so that it ends at 0,
 * and scaled so that it starts as before. The last of alphas_cumprod is exactly 0 and the last beta exactly 1, so a
 * model must not be asked for epsilon there. Throws `ParamError` for a process of one timestep, which cannot do both.
 */
export function withZeroSnr({ alphasCumprod }: ScheduleNumbers): ScheduleNumbers {
  const last = alphasCumprod.length - 1;
  if (last === 0) {
    throw new ParamError(["rescale_betas_zero_snr"], "needs at least 2 timesteps", true);
  }
  const first = Math.sqrt(alphasCumprod[0]), shift = Math.sqrt(alphasCumprod[last]);
  const stretch = first / (first - shift);
  return ofAlphasCumprod(alphasCumprod.map((product) => {
    return ((Math.sqrt(product) - shift) * stretch) ** 2;
  }));
}
