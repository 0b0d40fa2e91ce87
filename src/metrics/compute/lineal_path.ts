/** Computes `lineal-path`: the curve L over lengths of segments. */
import type { MetricInput, MetricResult } from "../metric.ts";
import { linealPath as pathOf, phaseRuns } from "../numeric/runs.ts";
import { type CurveParams, extentOf, longestOf, phaseOf, phaseText } from "../phase.ts";
import { compareCurves, rootMeanSquare } from "./curves.ts";

export async function compute(input: MetricInput<CurveParams>): Promise<MetricResult> {
  await input.pause();
  const extent = extentOf(input, input.params);
  const longest = longestOf(input.params.longest, input);
  const phase = phaseOf(input);
  return await compareCurves(input, {
    kind: "lineal-path",
    title: "Lineal path",
    caption: `Chance that a segment along a row or column lies wholly in the phase (${
      phaseText(input.params)
    }), averaged over images.`,
    x: { title: "length r of the segment (pixels)" },
    y: { title: "L(r)" },
    tally: (images, index) => pathOf(phaseRuns(phase(images, index), extent), longest),
    curve: (sums, images) => sums.map((sum) => sum / images),
    distance: {
      meaning: "root mean square difference of L(r) over all r; lower is closer",
      of: rootMeanSquare,
    },
    scalars: {},
  });
}
