/** The Laplace noise schedule: most timesteps lie where signal and noise are alike. */
import { z } from "zod";
import { ofAlphasCumprod, type Schedule, scheduleParams } from "./schedule.ts";

// The bounds keep alphas_cumprod inside (0, 1) in float64.
const params = z.strictObject({
  ...scheduleParams,
  mu: z.number().min(-10).max(10).default(0).describe(
    "log SNR at the middle timestep, where most timesteps lie",
  ),
  b: z.number().positive().max(2).default(0.5).describe("how widely log SNR is spread about mu"),
});

/** Keeps log SNR finite at the last timestep; as in Diffusers. SNR ends at 1e-6 ** b, 0.001 by default. */
const TAIL = 1e-6;

/**
 * Hang et al. (2024), arXiv:2407.03297, table 1: over the share u = (t + 1) / T of the way, log SNR is the quantile of a
 * Laplace distribution,
 *
 *     log SNR = mu - b sgn(1/2 - u) log(1 - 2 |1/2 - u|),     alphas_cumprod = SNR / (1 + SNR)
 *
 * Diffusers takes the root of this for alphas_cumprod, which the paper calls alpha: the signal, not its variance.
 */
export const laplace: Schedule<z.infer<typeof params>> = {
  kind: "laplace",
  summary: "log SNR along the quantiles of a Laplace distribution",
  params,
  numbers({ timesteps, mu, b }) {
    const alpha = (t: number) => {
      const fromMiddle = 0.5 - (t + 1) / timesteps;
      const log = Math.log(1 - 2 * Math.abs(fromMiddle) + TAIL);
      return 1 / (1 + Math.exp(b * Math.sign(fromMiddle) * log - mu));
    };
    return ofAlphasCumprod(new Float64Array(timesteps).map((_, t) => alpha(t)));
  },
};
