/**
 * How alike the images of one set are among themselves: the mean structural similarity (numeric/ssim.ts) over pairs.
 * A set far more alike than real images has collapsed; the training images take part through their range only.
 */
import { z } from "zod";
import type { Metric } from "./metric.ts";
import { imported } from "../base/imported.ts";

export interface Params {
  readonly pairs: number;
}

export const diversity: Metric<Params> = {
  kind: "diversity",
  summary: "Mean structural similarity (SSIM) between pairs of samples: near 1, all are alike",
  params: z.strictObject({
    pairs: z.int().min(1).max(100000).default(2000)
      .describe("Pairs of images compared: all where there are no more, else drawn at random"),
  }),
  headlines: ["similarity"],
  async compute(input) {
    const { compute } = await imported(() => import("./compute/diversity.ts"));
    return await compute(input);
  },
};
