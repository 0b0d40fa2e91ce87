/**
 * Whether samples have the numbers that they were asked to have: mean grain size, its deviation, mean orientation.
 * It measures obedience to the condition and not likeness to real images, whose labels it takes for true.
 */
import { z } from "zod";
import type { Params } from "./compute/descriptor_errors.ts";
import { type Column, columnSchema, resolveColumns } from "./descriptors.ts";
import { lazily, type Metric } from "./metric.ts";

/** Those of microstructures: channels M, G and O; mean of G, standard deviation of G, mean of O. */
const usual: readonly Column[] = [
  { label: 0, channel: 1, statistic: "mean" },
  { label: 1, channel: 1, statistic: "deviation" },
  { label: 2, channel: 2, statistic: "mean" },
];

export const descriptorErrors: Metric<Params> = {
  kind: "descriptor-errors",
  summary: "Difference of what samples measure from the numbers that they were drawn under",
  params: z.strictObject({
    columns: z.array(columnSchema).min(1).default([...usual])
      .describe("Which label says what of which channel"),
  }),
  measures: ["distance", "error_*"],
  headlines: ["distance"],
  check({ columns }, facts) {
    resolveColumns(columns, facts);
  },
  compute: lazily(() => import("./compute/descriptor_errors.ts")),
};
