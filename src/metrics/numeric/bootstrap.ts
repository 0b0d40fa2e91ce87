/** Bootstrap intervals (Efron, 1979) over the images of a sample, from addressed random numbers. */
import { randomInteger } from "../../base/random.ts";
import type { Interval } from "../metric.ts";

/** Resamples per interval: the standard error is then known to 7%, enough for an interval's second digit. */
const RESAMPLES = 100;

/** How often each of `count` images occurs in each resample: RESAMPLES arrays that each sum to `count`. */
export function resampleCounts(key: bigint, count: number): readonly Uint16Array[] {
  return Array.from({ length: RESAMPLES }, (_, resample) => {
    const counts = new Uint16Array(count);
    for (let i = 0; i < count; i++) counts[randomInteger(key, resample, i, count)]++;
    return counts;
  });
}

/**
 * The 95% interval value +- 1.96 standard deviations of the resampled values, cut to [least, most].
 *
 * Not the percentiles: a resample repeats images, which pushes every distance between distributions up, so that
 * for small samples the percentile interval can lie wholly above the value it is about.
 */
export function bootstrapInterval(
  value: number,
  resampled: readonly number[],
  least = -Infinity,
  most = Infinity,
): Interval {
  const mean = resampled.reduce((sum, x) => sum + x, 0) / resampled.length;
  const squares = resampled.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const reach = 1.96 * Math.sqrt(squares / Math.max(1, resampled.length - 1));
  return [Math.max(least, value - reach), Math.min(most, value + reach)];
}

/** Mean of values under the weights of a resample. */
export function weightedMean(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    [sum, total] = [sum + weights[i] * values[i], total + weights[i]];
  }
  return sum / total;
}
