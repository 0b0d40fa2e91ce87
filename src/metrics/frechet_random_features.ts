/**
 * The Frechet distance between normal distributions fitted to features of samples and of real images
 * (numeric/frechet.ts): the formula of the FID (Heusel et al., GANs Trained by a Two Time-Scale Update Rule, 2017,
 * equation 6), but on random features (numeric/random_features.ts), not Inception's. Its values cannot be compared
 * with FIDs.
 *
 * A covariance from few images is too small in some directions, which adds to the distance (Chong & Forsyth,
 * Effectively Unbiased FID, 2020). Nothing is corrected; the reference value is computed from as few images and
 * carries the same excess.
 */
import { z } from "zod";
import { lazily, type Metric } from "./metric.ts";

export const frechetRandomFeatures: Metric<Record<string, never>> = {
  kind: "frechet-random-features",
  summary:
    "Frechet distance on the features of a fixed random convolutional net (an FID without Inception)",
  params: z.strictObject({}),
  measures: ["distance"],
  headlines: ["distance"],
  byDefault: true,
  compute: lazily(() => import("./compute/frechet_random_features.ts")),
};
