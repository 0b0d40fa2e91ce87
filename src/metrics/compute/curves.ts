/**
 * Metrics that are a curve over a set of images: generated, held-out and training images over each other, and the
 * distance of the first two to the third. What the curve is of, each metric says.
 */
import { csvText } from "../../base/csv.ts";
import type { Axis } from "../../figures/chart.ts";
import type { ImageRows, Measure, MetricFigure, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts } from "../numeric/bootstrap.ts";
import { imported } from "../../base/imported.ts";

/** A curve over 0, 1, 2, ... and what is read off it. */
export interface CurveSpec {
  /** The metric's kind: name of its files and of its random numbers. */
  readonly kind: string;
  readonly title: string;
  /** What is seen, in a sentence or two. */
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  /** The numbers of one image, which are added up over images. The array may be reused. */
  tally(images: ImageRows, index: number): ArrayLike<number>;
  /** The curve of a set, from the sums over its images and their number. */
  curve(sums: Float64Array, images: number): Float64Array;
  /** How far two curves are apart. */
  readonly distance: Scalar<[Float64Array, Float64Array]>;
  /** Further numbers of one curve, none below 0. */
  readonly scalars: Readonly<Record<string, Scalar<[Float64Array]>>>;
}

interface Scalar<A extends readonly unknown[]> {
  readonly meaning: string;
  readonly of: (...curves: A) => number;
}

/** Root mean square of the differences. */
export function rootMeanSquare(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
}

/** The 1-Wasserstein distance of two distributions over 0, 1, 2, ...: area between their cumulative shares. */
export function wasserstein(a: Float64Array, b: Float64Array): number {
  let [area, difference] = [0, 0];
  a.forEach((share, i) => {
    difference += share - b[i];
    area += Math.abs(difference);
  });
  return area;
}

/** Counts as shares of their sum. A set in which there was nothing to count is one of nothing but zeros. */
export function shares(counts: Float64Array): Float64Array {
  const sum = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count, i) => sum > 0 ? count / sum : i === 0 ? 1 : 0);
}

/** The mean of a distribution over 0, 1, 2, ... */
export function meanOfShares(shares: Float64Array): number {
  return shares.reduce((sum, share, i) => sum + share * i, 0);
}

/** Computes a metric that is a curve. */
export async function compareCurves(
  input: MetricInput<unknown>,
  spec: CurveSpec,
): Promise<MetricResult> {
  await input.pause();
  const real = await describe(input, spec, input.reference);
  const samples = await describe(input, spec, input.samples);
  const heldOut = await describe(input, spec, input.heldOut);
  const measure = (meaning: string, of: (curve: Float64Array) => number): Measure => {
    const [own, reference] = [samples, heldOut].map(({ curve, resampled }) => {
      const value = of(curve);
      return { value, interval: bootstrapInterval(value, resampled.map(of), 0) };
    });
    return {
      meaning,
      ...own,
      reference: reference.value,
      referenceInterval: reference.interval,
    };
  };
  const { distance, scalars } = spec;
  const curves = { samples: samples.curve, heldOut: heldOut.curve, real: real.curve };
  return {
    measures: {
      distance: measure(distance.meaning, (curve) => distance.of(curve, real.curve)),
      ...Object.fromEntries(
        Object.entries(scalars).map(([name, { meaning, of }]) => [name, measure(meaning, of)]),
      ),
    },
    figures: [await chart(spec, curves), table(spec, curves)],
  };
}

/** How long images are worked on between two pauses. */
const PAUSE_MS = 100;

/** The curve of a set, and those of its resamples. */
async function describe(
  { random, pause }: MetricInput<unknown>,
  { kind, tally, curve }: CurveSpec,
  set: ImageRows,
) {
  const tallies: Float64Array[] = [];
  let paused = performance.now();
  for (let index = 0; index < set.count; index++) {
    tallies.push(Float64Array.from(tally(set, index)));
    if (performance.now() - paused < PAUSE_MS) continue;
    await pause();
    paused = performance.now();
  }
  const weighted = (weights: ArrayLike<number>) => {
    const sums = new Float64Array(tallies[0].length);
    tallies.forEach((tally, i) => {
      if (weights[i]) tally.forEach((value, x) => sums[x] += weights[i] * value);
    });
    return curve(sums, set.count);
  };
  return {
    curve: weighted(new Uint8Array(set.count).fill(1)),
    resampled: resampleCounts(random(`${kind} bootstrap`), set.count).map(weighted),
  };
}

interface Curves {
  readonly samples: Float64Array;
  readonly heldOut: Float64Array;
  readonly real: Float64Array;
}

/** Values from which on all curves are 0 are not shown. */
function shownLength({ samples, heldOut, real }: Curves): number {
  let end = samples.length;
  while (end > 2 && samples[end - 1] + heldOut[end - 1] + real[end - 1] === 0) end--;
  return end;
}

async function chart(spec: CurveSpec, curves: Curves): Promise<MetricFigure> {
  const shown = shownLength(curves);
  const points = (curve: Float64Array) =>
    Array.from(curve.subarray(0, shown), (y, x): [number, number] => [x, y]);
  const { lineChart } = await imported(() => import("../../figures/chart.ts"));
  const content = await lineChart({
    x: spec.x,
    y: spec.y,
    series: [
      { name: "samples", points: points(curves.samples) },
      { name: "held-out real images", points: points(curves.heldOut) },
      { name: "training images", points: points(curves.real) },
    ],
  });
  return { file: `${spec.kind}.svg`, title: spec.title, caption: spec.caption, content };
}

function table(spec: CurveSpec, curves: Curves): MetricFigure {
  const { samples, heldOut, real } = curves;
  const rows = Array.from(
    { length: shownLength(curves) },
    (_, x) => [x, ...[samples[x], heldOut[x], real[x]].map((y) => Number(y.toPrecision(6)))],
  );
  const columns = [spec.x.title, "samples", "held-out real images", "training images"];
  return {
    file: `${spec.kind}.csv`,
    title: `${spec.title}, as a table`,
    caption: spec.caption,
    content: csvText(columns, rows),
  };
}
