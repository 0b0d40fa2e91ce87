/** Computes `isotropy`: a mean curve S2 for the cuts across each axis, their distances and their chart. */
import { csvText } from "../../base/csv.ts";
import type { ImageRows, Measure, MetricFigure, MetricInput, MetricResult } from "../metric.ts";
import { twoPointCorrelation } from "../numeric/two_point.ts";
import { type CurveParams, extentOf, longestOf, phaseOf, phaseText } from "../phase.ts";
import { rootMeanSquare } from "./curves.ts";
import { imported } from "../../base/imported.ts";

/** A curve with the name that it has in figures. */
interface Curve {
  readonly name: string;
  readonly values: Float64Array;
}

export async function compute(input: MetricInput<CurveParams>): Promise<MetricResult> {
  const axes = input.cutAxes!;
  const longest = longestOf(input.params.longest, input);
  const correlate = await twoPointCorrelation(extentOf(input, input.params), longest);
  const phase = phaseOf(input);
  const s2 = (images: ImageRows, index: number) => correlate(phase(images, index));
  const curvesOf = async (images: ImageRows) => {
    const curves = await curvesOfImages(input, images, s2);
    return { all: mean(curves), byAxis: axes.map((_, k) => dealtMean(curves, k, axes.length)) };
  };
  const { all: real } = await curvesOf(input.reference);
  const samples = await curvesOf(input.samples), heldOut = await curvesOf(input.heldOut);
  const distance = (which: string, of: (curves: typeof samples) => Float64Array): Measure => ({
    meaning: `root mean square difference of S2 of ${which} to that of training images; lower ` +
      "is closer",
    value: rootMeanSquare(of(samples), real),
    reference: rootMeanSquare(of(heldOut), real),
  });
  const named = axes.map((axis, k) => ({ name: `across ${axis}`, values: samples.byAxis[k] }));
  return {
    measures: {
      anisotropy: {
        meaning: "largest root mean square difference between S2 of cuts across two axes; " +
          "lower is more alike",
        value: furthest(samples.byAxis),
        reference: furthest(heldOut.byAxis),
      },
      distance: distance("all cuts", ({ all }) => all),
      ...Object.fromEntries(
        axes.map((axis, k) => [
          `distance_${axis}`,
          distance(`cuts across ${axis}`, ({ byAxis }) => byAxis[k]),
        ]),
      ),
    },
    figures: await figures([...named, { name: "training images", values: real }], input.params),
  };
}

/** The curve of every image. */
async function curvesOfImages(
  { pause }: MetricInput<CurveParams>,
  images: ImageRows,
  s2: (images: ImageRows, index: number) => Float64Array,
): Promise<Float64Array[]> {
  const curves: Float64Array[] = [];
  for (let index = 0; index < images.count; index++) {
    if (index % 64 === 0) await pause();
    curves.push(s2(images, index));
  }
  return curves;
}

/** The mean of every `step`-th curve from the k-th on; of all, where there are none of these. */
function dealtMean(curves: readonly Float64Array[], k: number, step: number): Float64Array {
  const own = curves.filter((_, i) => i % step === k);
  return mean(own.length > 0 ? own : curves);
}

function mean(curves: readonly Float64Array[]): Float64Array {
  return curves[0].map((_, r) => curves.reduce((sum, curve) => sum + curve[r], 0) / curves.length);
}

/** The largest distance between two of the curves. */
function furthest(curves: readonly Float64Array[]): number {
  const distances = curves.flatMap((values, i) =>
    curves.slice(0, i).map((other) => rootMeanSquare(values, other))
  );
  return Math.max(0, ...distances);
}

async function figures(
  curves: readonly Curve[],
  params: CurveParams,
): Promise<MetricFigure[]> {
  const { lineChart } = await imported(() => import("../../figures/chart.ts"));
  const x = { title: "distance r (pixels)" }, y = { title: "S2(r)" };
  const chart = await lineChart({
    x,
    y,
    series: curves.map(({ name, values }) => ({
      name,
      points: Array.from(values, (value, r): [number, number] => [r, value]),
    })),
  });
  const rows = Array.from(
    curves[0].values,
    (_, r) => [r, ...curves.map(({ values }) => Number(values[r].toPrecision(6)))],
  );
  const title = "Two-point correlation by axis";
  const caption = `Chance that two points at distance r both lie in the phase (${
    phaseText(params)
  }), for cuts through the volumes across each axis and for training images.`;
  return [
    { file: "isotropy.svg", title, caption, content: chart },
    {
      file: "isotropy.csv",
      title: `${title}, as a table`,
      caption,
      content: csvText([x.title, ...curves.map(({ name }) => name)], rows),
    },
  ];
}
