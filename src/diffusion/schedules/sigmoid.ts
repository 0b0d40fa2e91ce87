/** The sigmoid noise schedule. */
import { z } from "zod";
import { type BetaRange, betaRange, betweenBetas, linspace, type Schedule } from "./schedule.ts";

/**
 * beta along a logistic curve between -6 and 6, scaled to lie between beta_start and beta_end (it comes within
 * 0.25 % of the range to either); Xu et al. (2022), GeoDiff, arXiv:2203.02923.
 */
export const sigmoid: Schedule<BetaRange> = {
  kind: "sigmoid",
  summary: "beta along a logistic curve",
  params: z.strictObject(betaRange),
  numbers: (params) =>
    betweenBetas(
      params,
      (first, last, count) =>
        linspace(-6, 6, count).map((x) => first + (last - first) / (1 + Math.exp(-x))),
    ),
};
