/** Computes `two-point-correlation`: the curve S2 over distances. */
import type { MetricInput, MetricResult } from "../metric.ts";
import { twoPointCorrelation as correlationOf } from "../numeric/two_point.ts";
import { type CurveParams, extentOf, longestOf, phaseOf, phaseText } from "../phase.ts";
import { compareCurves, rootMeanSquare } from "./curves.ts";

export async function compute(input: MetricInput<CurveParams>): Promise<MetricResult> {
  await input.pause();
  const correlate = await correlationOf(
    extentOf(input, input.params),
    longestOf(input.params.longest, input),
  );
  const phase = phaseOf(input);
  return await compareCurves(input, {
    kind: "two-point-correlation",
    title: "Two-point correlation",
    caption: `Chance that two points at a distance both lie in the phase (${
      phaseText(input.params)
    }), averaged over directions and images.`,
    x: { title: "distance r (pixels)" },
    y: { title: "S2(r)" },
    tally: (images, index) => correlate(phase(images, index)),
    curve: (sums, images) => sums.map((sum) => sum / images),
    distance: {
      meaning: "root mean square difference of S2(r) over all r; lower is closer",
      of: rootMeanSquare,
    },
    scalars: {
      phase_share: { meaning: "share of the phase, S2(0)", of: (curve) => curve[0] },
    },
  });
}
