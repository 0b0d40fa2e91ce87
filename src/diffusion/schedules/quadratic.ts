/** The quadratic noise schedule. */
import { z } from "zod";
import { type BetaRange, betaRange, betweenBetas, linspace, type Schedule } from "./schedule.ts";

/** The root of beta in equal steps: gentler at the start than linear; Song, Meng and Ermon (2021), in their code. */
export const quadratic: Schedule<BetaRange> = {
  kind: "quadratic",
  summary: "the root of beta in equal steps, the same as scaled-linear",
  params: z.strictObject(betaRange),
  numbers: (params) =>
    betweenBetas(
      params,
      (first, last, count) =>
        linspace(Math.sqrt(first), Math.sqrt(last), count).map((root) => root * root),
    ),
};
