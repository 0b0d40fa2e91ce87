/** The sigmoid noise schedule. */
import { z } from "zod";
import {
  type BetaRange,
  betaRange,
  checkBetaRange,
  linspace,
  ofBetas,
  type Schedule,
} from "./schedule.ts";

/**
 * beta along a logistic curve between -6 and 6, scaled to lie between beta_start and beta_end (it comes within
 * 0.25 % of the range to either); Xu et al. (2022), GeoDiff, arXiv:2203.02923.
 */
export const sigmoid: Schedule<BetaRange> = {
  kind: "sigmoid",
  summary: "beta along a logistic curve",
  params: z.strictObject(betaRange),
  numbers(params) {
    checkBetaRange(params);
    const { beta_start: first, beta_end: last } = params;
    const betas = linspace(-6, 6, params.timesteps)
      .map((x) => first + (last - first) / (1 + Math.exp(-x)));
    return ofBetas(betas);
  },
};
