/** Computes `diversity`: draws the pairs and compares them, the same pairs for every resample. */
import { randomInteger } from "../../base/random.ts";
import type { ImageRows, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts } from "../numeric/bootstrap.ts";
import { averagedDown, channelRanges } from "../numeric/reduce.ts";
import { ssim } from "../numeric/ssim.ts";

export interface Params {
  readonly pairs: number;
}

/** Larger images are averaged down to this many pixels a side: 2,000 pairs of 64x64x3 then take seconds. */
const LARGEST = 64;

/** Pairs between two pauses. */
const BLOCK = 32;

export async function compute(input: MetricInput<Params>): Promise<MetricResult> {
  const samples = await measure(input, input.samples);
  const heldOut = await measure(input, input.heldOut);
  return {
    measures: {
      similarity: {
        meaning:
          "mean SSIM between pairs of samples, 1 for equal images; far above the reference " +
          "is lack of variety",
        ...samples,
        reference: heldOut.value,
        referenceInterval: heldOut.interval,
      },
    },
    figures: [],
  };
}

async function measure(input: MetricInput<Params>, set: ImageRows) {
  const pairs = pairsOf(set.count, input.params.pairs, input.random("diversity pairs"));
  const ranges = channelRanges(input.reference, input.shape);
  const { shape, data } = averagedDown(set.data, input.shape, LARGEST);
  const width = data.length / set.count;
  const image = (i: number) => data.subarray(i * width, (i + 1) * width);
  const similarities = new Float64Array(pairs.length);
  for (let p = 0; p < pairs.length; p++) {
    if (p % BLOCK === 0) await input.pause();
    similarities[p] = ssim(image(pairs[p][0]), image(pairs[p][1]), shape, ranges);
  }
  // An image drawn twice is in its pairs twice; a pair of it with itself is no pair.
  const mean = (weights?: ArrayLike<number>) => {
    let [sum, total] = [0, 0];
    pairs.forEach(([i, j], p) => {
      const weight = weights ? weights[i] * weights[j] : 1;
      [sum, total] = [sum + weight * similarities[p], total + weight];
    });
    return total ? sum / total : undefined;
  };
  const value = mean()!;
  const resampled = resampleCounts(input.random("diversity bootstrap"), set.count)
    .map((weights) => mean(weights) ?? value);
  return { value, interval: bootstrapInterval(value, resampled, -1, 1) };
}

/** All pairs i < j of `count` images where they are no more than `most`, else `most` random ones, perhaps repeated. */
function pairsOf(count: number, most: number, key: bigint): (readonly [number, number])[] {
  if (count * (count - 1) / 2 <= most) {
    return Array.from({ length: count }, (_, i) => i)
      .flatMap((i) => Array.from({ length: i }, (_, j) => [j, i] as const));
  }
  return Array.from({ length: most }, (_, p) => {
    const i = randomInteger(key, 0, p, count);
    const j = randomInteger(key, 1, p, count - 1);
    return [i, j < i ? j : j + 1] as const;
  });
}
