/** The features of images as `featureParams` (../features.ts) chooses them. */
import { StageError } from "../../base/errors.ts";
import { type FeatureParams, unconnected } from "../features.ts";
import type { Features, MetricInput } from "../metric.ts";
import { coarseFirst } from "../numeric/haar.ts";
import { randomFeatures } from "../numeric/random_features.ts";
import { averagedDown } from "../numeric/reduce.ts";

/** Larger images are averaged down to this many pixels a side: at most 3,072 numbers for a colour image. */
const LARGEST = 32;

/**
 * The features that the parameters choose. Pixels come in an orthonormal basis, coarse first (numeric/haar.ts):
 * no distance, product or covariance cares, and searches reject by the first few numbers. Throws a `StageError`
 * where a classifier is asked for and none is connected.
 */
export function featuresOf<P extends FeatureParams>(input: MetricInput<P>): Features {
  const { params, shape, classifier } = input;
  const sources: Record<FeatureParams["features"], Features | undefined> = {
    random: (images) => randomFeatures(images, shape, () => input.pause()),
    pixels: async ({ data }) => {
      await input.pause();
      const small = averagedDown(data, shape, LARGEST);
      return coarseFirst(small.shape)(small.data.slice());
    },
    classifier,
  };
  const features = sources[params.features];
  if (features) return features;
  const action = "compare images by the features of a classifier";
  throw new StageError({ action, ...unconnected, value: params.features });
}
