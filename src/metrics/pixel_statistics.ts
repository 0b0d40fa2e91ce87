/** Mean and standard deviation of the pixels per channel: the coarsest comparison, blind to all shape. */
import { z } from "zod";
import { lazily, type Metric } from "./metric.ts";

export const pixelStatistics: Metric<Record<string, never>> = {
  kind: "pixel-statistics",
  summary: "Mean and standard deviation of the pixels per channel, against real images",
  params: z.strictObject({}),
  measures: ["distance", "mean_*", "deviation_*"],
  headlines: ["distance"],
  byDefault: true,
  compute: lazily(() => import("./compute/pixel_statistics.ts")),
};
