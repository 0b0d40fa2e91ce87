/** Whether cuts through volumes look alike along all axes, and like real images: their two-point correlations. */
import { z } from "zod";
import { ParamError } from "../base/errors.ts";
import { lazily, type Metric } from "./metric.ts";
import { checkCorrelation, type CurveParams, curveParams } from "./phase.ts";

/**
 * S2 of the cuts along each axis. For the references the held-out real images are dealt to the axes as the cuts are, so
 * that they tell what the number of cuts alone makes of images that do look alike. There are no intervals: neighbouring
 * cuts of a volume are no independent samples, and a bootstrap over them would be too sure.
 */
export const isotropy: Metric<CurveParams> = {
  kind: "isotropy",
  summary: "Whether cuts through volumes look alike along all axes, and like real images",
  params: z.strictObject(curveParams),
  measures: ["anisotropy", "distance", "distance_*"],
  headlines: ["anisotropy"],
  check(params, facts) {
    if (!facts.cutAxes) {
      const hint = "Draw the samples with `volume: [D, H, W]`, or leave this metric out.";
      throw new ParamError(
        [],
        "needs samples that are cuts through volumes",
        undefined,
        hint,
      );
    }
    checkCorrelation(params, facts);
  },
  compute: lazily(() => import("./compute/isotropy.ts")),
};
