/** The quadratic noise schedule, which Diffusers and Stable Diffusion call `scaled_linear`. */
import { z } from "zod";
import { type BetaRange, betaRange, checkBetaRange, linspace, type Schedule } from "./schedule.ts";

/** The root of beta in equal steps: gentler at the start than linear; Rombach et al. (2022), in their code. */
export const quadratic: Schedule<BetaRange> = {
  kind: "quadratic",
  summary: "the root of beta in equal steps (scaled_linear in Diffusers)",
  params: z.strictObject(betaRange),
  betas(params) {
    checkBetaRange(params);
    const { beta_start: first, beta_end: last } = params;
    return linspace(Math.sqrt(first), Math.sqrt(last), params.timesteps).map((root) => root * root);
  },
};
