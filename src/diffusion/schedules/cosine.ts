/** The cosine noise schedule, which Diffusers calls `squaredcos_cap_v2`. */
import { z } from "zod";
import { ofBetas, type Schedule, scheduleParams } from "./schedule.ts";

const params = z.strictObject({
  ...scheduleParams,
  offset: z.number().min(0).max(1).default(0.008)
    .describe("keeps the first betas from being too small, s in the paper"),
  max_beta: z.number().positive().lt(1).default(0.999).describe("largest beta"),
});

/**
 * alphas_cumprod falls like f(t) = cos^2((t/T + s) / (1 + s) pi/2); beta_t = min(1 - f(t+1) / f(t), max_beta).
 * Nichol and Dhariwal (2021), arXiv:2102.09672, equation 17.
 */
export const cosine: Schedule<z.infer<typeof params>> = {
  kind: "cosine",
  summary: "alphas_cumprod along a squared cosine (squaredcos_cap_v2 in Diffusers)",
  params,
  numbers({ timesteps, offset, max_beta: limit }) {
    const f = (t: number) => Math.cos((t / timesteps + offset) / (1 + offset) * Math.PI / 2) ** 2;
    const beta = (t: number) => Math.min(1 - f(t + 1) / f(t), limit);
    return ofBetas(new Float64Array(timesteps).map((_, t) => beta(t)));
  },
};
