/**
 * The kernel distance between samples and real images: the formula of the KID (numeric/kernel_distance.ts) over
 * features of choice, not Inception's. Unlike the Frechet distance it has no bias from small samples, so its
 * reference is 0 up to chance, and it may be negative.
 */
import { z } from "zod";
import { checkFeatures, type FeatureParams, featureParams } from "./features.ts";
import { lazily, type Metric } from "./metric.ts";

export const kernelDistance: Metric<FeatureParams> = {
  kind: "kernel-distance",
  summary: "Kernel distance (a KID without Inception) between samples and real images",
  params: z.strictObject(featureParams),
  measures: ["distance"],
  headlines: ["distance"],
  check: checkFeatures,
  compute: lazily(() => import("./compute/kernel_distance.ts")),
};
