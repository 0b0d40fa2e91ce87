/** How the lineal path of a phase differs from that of real images: whether the phase is connected along lines. */
import { z } from "zod";
import { lazily, type Metric } from "./metric.ts";
import { checkCurve, type CurveParams, curveParams } from "./phase.ts";

export const linealPath: Metric<CurveParams> = {
  kind: "lineal-path",
  summary: "Chance that a segment along an axis lies in the phase, against that of real images",
  params: z.strictObject(curveParams),
  measures: ["distance"],
  headlines: ["distance"],
  check: checkCurve,
  compute: lazily(() => import("./compute/lineal_path.ts")),
};
