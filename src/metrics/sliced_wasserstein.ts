/**
 * The sliced Wasserstein distance (Rabin et al., Wasserstein Barycenter and its Application to Texture Mixing,
 * 2011): both sets of images are projected onto random directions, where optimal transport is sorting.
 *
 *     SW2 = sqrt( mean over directions u of W2( <x, u>, <y, u> )^2 ),  |u| = 1
 *
 * Shifting every pixel by d costs d * sqrt(D) along the mean direction and d on average over directions, so the
 * number is in model units per pixel.
 */
import { z } from "zod";
import type { Params } from "./compute/sliced_wasserstein.ts";
import { lazily, type Metric } from "./metric.ts";

export const slicedWasserstein: Metric<Params> = {
  kind: "sliced-wasserstein",
  summary: "Sliced Wasserstein distance between the pixel vectors of samples and real images",
  params: z.strictObject({
    projections: z.int().min(1).max(65536).default(256).describe("Number of random directions"),
  }),
  measures: ["distance"],
  headlines: ["distance"],
  byDefault: true,
  compute: lazily(() => import("./compute/sliced_wasserstein.ts")),
};
