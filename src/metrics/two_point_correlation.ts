/** How the two-point correlation of a phase differs from that of real images: its amount, grain and texture. */
import { z } from "zod";
import type { Metric } from "./metric.ts";
import { checkPhase, longestOf, longestParam, type PhaseParams, phaseParams } from "./phase.ts";
import { imported } from "../base/imported.ts";

export type Params = PhaseParams & { readonly longest?: number };

export const twoPointCorrelation: Metric<Params> = {
  kind: "two-point-correlation",
  summary: "Chance that two points at a distance lie in the phase, against that of real images",
  params: z.strictObject({ ...phaseParams, longest: longestParam }),
  headlines: ["distance"],
  check(params, facts) {
    checkPhase(params, facts);
    longestOf(params.longest, facts);
  },
  async compute(input) {
    const { compute } = await imported(() => import("./compute/two_point_correlation.ts"));
    return await compute(input);
  },
};
