/**
 * Fidelity and variety as two numbers instead of one distance: improved precision and recall (Kynkaanniemi et al.,
 * Improved Precision and Recall Metric for Assessing Generative Models, 2019) and density and coverage (Naeem et
 * al., Reliable Fidelity and Diversity Metrics for Generative Models, 2020). Balls reach out to the k-th nearest
 * neighbour within the same set (numeric/manifold.ts); k is one for all four.
 *
 *     precision = share of samples in any real ball     recall   = share of real images in any sample's ball
 *     density   = real balls around a sample / k        coverage = share of real balls that hold a sample
 */
import { z } from "zod";
import type { Params } from "./compute/precision_recall.ts";
import { checkFeatures, featureParams } from "./features.ts";
import { lazily, type Metric } from "./metric.ts";

export const precisionRecall: Metric<Params> = {
  kind: "precision-recall",
  summary: "Precision and recall, density and coverage, by nearest neighbours among features",
  params: z.strictObject({
    ...featureParams,
    k: z.int().min(1).max(64).default(5)
      .describe("The neighbour out to which the ball around an image reaches"),
  }),
  measures: ["precision", "recall", "density", "coverage"],
  headlines: ["precision", "recall"],
  check: checkFeatures,
  compute: lazily(() => import("./compute/precision_recall.ts")),
};
