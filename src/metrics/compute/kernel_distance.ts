/** Computes `kernel-distance`: features of all images once, then all resamples together. */
import type { FeatureParams } from "../features.ts";
import type { ImageRows, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts } from "../numeric/bootstrap.ts";
import { kernelDistanceFrom } from "../numeric/kernel_distance.ts";
import { featuresOf } from "./features.ts";

export async function compute(input: MetricInput<FeatureParams>): Promise<MetricResult> {
  const features = featuresOf(input);
  const pause = () => input.pause();
  const real = await features(input.reference);
  const distance = await kernelDistanceFrom(real, real.length / input.reference.count, pause);
  const measure = async (set: ImageRows) => {
    const resamples = resampleCounts(input.random("kernel-distance bootstrap"), set.count);
    const { value, resampled } = await distance(await features(set), resamples);
    return { value, interval: bootstrapInterval(value, resampled) };
  };
  const samples = await measure(input.samples);
  const heldOut = await measure(input.heldOut);
  return {
    measures: {
      distance: {
        meaning: "squared maximum mean discrepancy, cubic kernel, without bias (so 0 for equal " +
          "distributions, and below 0 by chance); lower is closer",
        ...samples,
        reference: heldOut.value,
        referenceInterval: heldOut.interval,
      },
    },
    figures: [],
  };
}
