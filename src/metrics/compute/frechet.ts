/** Computes `frechet`: features of all images once, then the distance for every resample. */
import type { FeatureParams } from "../features.ts";
import type { ImageRows, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts } from "../numeric/bootstrap.ts";
import { frechetToRows } from "../numeric/split_frechet.ts";
import { featuresOf } from "./features.ts";

export interface Params extends FeatureParams {
  readonly components: number;
}

export async function compute(input: MetricInput<Params>): Promise<MetricResult> {
  const features = featuresOf(input);
  const distanceTo = frechetToRows(
    await features(input.reference),
    input.reference.count,
    input.params.components,
  );
  await input.pause();
  const measure = async (set: ImageRows) => {
    const distance = distanceTo(await features(set));
    const value = distance();
    const resampled: number[] = [];
    for (const weights of resampleCounts(input.random("frechet bootstrap"), set.count)) {
      resampled.push(distance(weights));
      await input.pause();
    }
    return { value, interval: bootstrapInterval(value, resampled, 0) };
  };
  const samples = await measure(input.samples);
  const heldOut = await measure(input.heldOut);
  return {
    measures: {
      distance: {
        meaning: `squared Frechet distance over ${describe[input.params.features]}, squared ` +
          "feature units; lower is closer",
        ...samples,
        reference: heldOut.value,
        referenceInterval: heldOut.interval,
      },
    },
    figures: [],
  };
}

const describe = {
  random: "the features of a random net",
  pixels: "the pixels",
  classifier: "the features of the pipeline's classifier",
} as const;
