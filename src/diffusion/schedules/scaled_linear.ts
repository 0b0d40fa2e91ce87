/** The quadratic noise schedule by the name that it has in Stable Diffusion and Diffusers. */
import { quadratic } from "./quadratic.ts";
import type { BetaRange, Schedule } from "./schedule.ts";

/** Rombach et al. (2022), in their code. Stable Diffusion sets beta_start: 0.00085 and beta_end: 0.012. */
export const scaledLinear: Schedule<BetaRange> = {
  ...quadratic,
  kind: "scaled-linear",
  summary: "the root of beta in equal steps (scaled_linear in Diffusers), the same as quadratic",
};
