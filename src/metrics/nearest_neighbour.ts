/**
 * The nearest training image of every sample: is the model creating, or repeating what it saw?
 *
 * How near is too near is asked of the data: held-out real images, which are no copies, have nearest training
 * images too, and their distances are the scale. The search is exact and goes through all training images.
 */
import { z } from "zod";
import type { Params } from "./compute/nearest_neighbour.ts";
import { lazily, type Metric } from "./metric.ts";

export const nearestNeighbour: Metric<Params> = {
  kind: "nearest-neighbour",
  summary:
    "Nearest training image of every sample, against that of held-out real images: memorisation",
  params: z.strictObject({
    pairs: z.int().min(1).max(1024).default(64)
      .describe("Samples shown above their nearest training images, nearest first"),
  }),
  measures: ["distance", "closer_than_real", "closest", "distinct_neighbours"],
  headlines: ["distance", "closer_than_real"],
  byDefault: true,
  compute: lazily(() => import("./compute/nearest_neighbour.ts")),
};
