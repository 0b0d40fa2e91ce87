/** Computes `pixel-statistics`: moments of every image once, then any weighted mean of them. */
import type { ImageRows, Measure, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts, weightedMean } from "../numeric/bootstrap.ts";

/** Per image and channel, the mean of the values and of their squares: [count, C] each. */
interface Moments {
  readonly first: readonly Float64Array[];
  readonly second: readonly Float64Array[];
}

export async function compute(input: MetricInput<unknown>): Promise<MetricResult> {
  await input.pause();
  const samples = describe(input, input.samples);
  const heldOut = describe(input, input.heldOut);
  const measures = Object.keys(samples).map((name): [string, Measure] => [name, {
    meaning: meaningOf(name),
    value: samples[name].value,
    interval: samples[name].interval,
    reference: heldOut[name].value,
    referenceInterval: heldOut[name].interval,
  }]);
  return { measures: Object.fromEntries(measures), figures: [] };
}

function meaningOf(name: string): string {
  if (name === "distance") {
    return "root mean square over channels of the 2-Wasserstein distance between normal distributions with " +
      "these means and deviations, model units; lower is closer";
  }
  const [moment, channel] = name.split("_");
  return `${
    moment === "mean" ? "mean" : "standard deviation"
  } of the ${channel} values, model units`;
}

/** The distance, then mean and deviation of every channel, each with its interval. */
function describe({ shape, reference, random }: MetricInput<unknown>, set: ImageRows) {
  const [channels] = shape;
  const own = moments(set, shape);
  const real = statistics(moments(reference, shape), new Uint8Array(reference.count).fill(1));
  const once = statistics(own, new Uint8Array(set.count).fill(1));
  const resampled = resampleCounts(random("pixel-statistics bootstrap"), set.count)
    .map((weights) => statistics(own, weights));
  const measure = (read: (s: Statistics) => number, least = 0) => ({
    value: read(once),
    interval: bootstrapInterval(read(once), resampled.map(read), least),
  });
  return Object.fromEntries([
    ["distance", measure((s) => gaussianDistance(s, real))],
    ...channelNames(channels).flatMap((name, c) => [
      [`mean_${name}`, measure((s) => s.mean[c], -Infinity)],
      [`deviation_${name}`, measure((s) => s.deviation[c])],
    ]),
  ]) as Record<string, Pick<Measure, "value" | "interval">>;
}

interface Statistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** W2 between N(m, s) and N(m', s') is sqrt((m - m')^2 + (s - s')^2); here its root mean square over channels. */
export function gaussianDistance(a: Statistics, b: Statistics): number {
  const squares = a.mean.map((mean, c) =>
    (mean - b.mean[c]) ** 2 + (a.deviation[c] - b.deviation[c]) ** 2
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

function statistics({ first, second }: Moments, weights: ArrayLike<number>): Statistics {
  const mean = first.map((values) => weightedMean(values, weights));
  const deviation = second.map((values, c) =>
    Math.sqrt(Math.max(0, weightedMean(values, weights) - mean[c] ** 2))
  );
  return { mean, deviation };
}

function moments(
  { count, data }: ImageRows,
  [channels, height, width]: readonly number[],
): Moments {
  const plane = height * width;
  const empty = () => Array.from({ length: channels }, () => new Float64Array(count));
  const [first, second] = [empty(), empty()];
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      let [sum, squares] = [0, 0];
      for (let p = (n * channels + c) * plane, end = p + plane; p < end; p++) {
        sum += data[p];
        squares += data[p] * data[p];
      }
      [first[c][n], second[c][n]] = [sum / plane, squares / plane];
    }
  }
  return { first, second };
}

function channelNames(channels: number): string[] {
  if (channels === 1) return ["grey"];
  if (channels === 3) return ["red", "green", "blue"];
  return Array.from({ length: channels }, (_, c) => `channel${c}`);
}
