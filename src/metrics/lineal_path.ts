/** How the lineal path of a phase differs from that of real images: whether the phase is connected along lines. */
import { z } from "zod";
import type { Metric } from "./metric.ts";
import { checkPhase, longestOf, longestParam, type PhaseParams, phaseParams } from "./phase.ts";
import { imported } from "../base/imported.ts";

export type Params = PhaseParams & { readonly longest?: number };

export const linealPath: Metric<Params> = {
  kind: "lineal-path",
  summary: "Chance that a segment along an axis lies in the phase, against that of real images",
  params: z.strictObject({ ...phaseParams, longest: longestParam }),
  headlines: ["distance"],
  check(params, facts) {
    checkPhase(params, facts);
    longestOf(params.longest, facts);
  },
  async compute(input) {
    const { compute } = await imported(() => import("./compute/lineal_path.ts"));
    return await compute(input);
  },
};
