/**
 * How alike the images of one set are among themselves: the mean structural similarity (numeric/ssim.ts) over pairs.
 * A set far more alike than real images has collapsed; the training images take part through their range only.
 */
import { z } from "zod";
import type { Params } from "./compute/diversity.ts";
import { lazily, type Metric } from "./metric.ts";

export const diversity: Metric<Params> = {
  kind: "diversity",
  summary: "Mean structural similarity (SSIM) between pairs of samples: near 1, all are alike",
  params: z.strictObject({
    pairs: z.int().min(1).max(100000).default(2000)
      .describe("Pairs of images compared: all where there are no more, else drawn at random"),
  }),
  measures: ["similarity"],
  headlines: ["similarity"],
  compute: lazily(() => import("./compute/diversity.ts")),
};
