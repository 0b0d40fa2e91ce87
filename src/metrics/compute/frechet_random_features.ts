/** Computes `frechet-random-features`: features of all images once, then a fit for every resample. */
import type { ImageRows, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts } from "../numeric/bootstrap.ts";
import { fitGaussian, frechetFrom, type Gaussian } from "../numeric/frechet.ts";
import { FEATURE_COUNT, randomFeatures } from "../numeric/random_features.ts";

export async function compute(input: MetricInput<unknown>): Promise<MetricResult> {
  const pause = () => input.pause();
  const real = await randomFeatures(input.reference, input.shape, pause);
  const distance = frechetFrom(fitGaussian(real, FEATURE_COUNT));
  const samples = await measure(input, input.samples, distance);
  const heldOut = await measure(input, input.heldOut, distance);
  return {
    measures: {
      distance: {
        meaning:
          `squared Frechet distance over ${FEATURE_COUNT} features, squared feature units; ` +
          "lower is closer",
        ...samples,
        reference: heldOut.value,
        referenceInterval: heldOut.interval,
      },
    },
    figures: [],
  };
}

async function measure(
  input: MetricInput<unknown>,
  set: ImageRows,
  distance: (from: Gaussian) => number,
) {
  const features = await randomFeatures(set, input.shape, () => input.pause());
  const value = distance(fitGaussian(features, FEATURE_COUNT));
  const resampled: number[] = [];
  for (const weights of resampleCounts(input.random("frechet bootstrap"), set.count)) {
    resampled.push(distance(fitGaussian(features, FEATURE_COUNT, weights)));
    await input.pause();
  }
  return { value, interval: bootstrapInterval(value, resampled, 0) };
}
