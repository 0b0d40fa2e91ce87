/**
 * The Frechet distance between normal distributions fitted to features of samples and of real images, over features
 * of choice, many or few (numeric/split_frechet.ts). `frechet-random-features` is the same over the random net.
 */
import { z } from "zod";
import type { Params } from "./compute/frechet.ts";
import { checkFeatures, featureParams } from "./features.ts";
import { lazily, type Metric } from "./metric.ts";

export const frechet: Metric<Params> = {
  kind: "frechet",
  summary: "Frechet distance between samples and real images over features of choice",
  params: z.strictObject({
    ...featureParams,
    components: z.int().min(1).max(256).default(64).describe(
      "Dimensions compared exactly; of features with more, the other directions count by mean and variance",
    ),
  }),
  measures: ["distance"],
  headlines: ["distance"],
  check: checkFeatures,
  compute: lazily(() => import("./compute/frechet.ts")),
};
