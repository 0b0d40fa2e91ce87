/** How the two-point correlation of a phase differs from that of real images: its amount, grain and texture. */
import { z } from "zod";
import { lazily, type Metric } from "./metric.ts";
import { checkCorrelation, type CurveParams, curveParams } from "./phase.ts";

export const twoPointCorrelation: Metric<CurveParams> = {
  kind: "two-point-correlation",
  summary: "Chance that two points at a distance lie in the phase, against that of real images",
  params: z.strictObject(curveParams),
  measures: ["distance", "phase_share"],
  headlines: ["distance"],
  check: checkCorrelation,
  compute: lazily(() => import("./compute/two_point_correlation.ts")),
};
