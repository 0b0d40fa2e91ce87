/**
 * The Frechet distance between normal distributions fitted to features of samples and of real images, over features
 * of choice, many or few (numeric/split_frechet.ts). `frechet-random-features` is the same over the random net.
 */
import { z } from "zod";
import { checkFeatures, type FeatureParams, featureParams } from "./features.ts";
import type { Metric } from "./metric.ts";
import { imported } from "../base/imported.ts";

export interface Params extends FeatureParams {
  readonly components: number;
}

export const frechet: Metric<Params> = {
  kind: "frechet",
  summary: "Frechet distance between samples and real images over features of choice",
  params: z.strictObject({
    ...featureParams,
    components: z.int().min(1).max(256).default(64).describe(
      "Dimensions compared exactly; of features with more, the other directions count by mean and variance",
    ),
  }),
  headlines: ["distance"],
  check: checkFeatures,
  async compute(input) {
    const { compute } = await imported(() => import("./compute/frechet.ts"));
    return await compute(input);
  },
};
