/** Mean and standard deviation of the pixels per channel: the coarsest comparison, blind to all shape. */
import { z } from "zod";
import type { Metric } from "./metric.ts";
import { imported } from "../base/imported.ts";

export const pixelStatistics: Metric<Record<string, never>> = {
  kind: "pixel-statistics",
  summary: "Mean and standard deviation of the pixels per channel, against real images",
  params: z.strictObject({}),
  headlines: ["distance"],
  byDefault: true,
  async compute(input) {
    const { compute } = await imported(() => import("./compute/pixel_statistics.ts"));
    return await compute(input);
  },
};
