/** How many neighbours grains have, against those of real images: the topology of a polycrystal. */
import { z } from "zod";
import type { Params } from "./compute/neighbour_count.ts";
import { lazily, type Metric } from "./metric.ts";
import { checkPhase, phaseParams } from "./phase.ts";

export const neighbourCount: Metric<Params> = {
  kind: "neighbour-count",
  summary: "Neighbours of the grains that boundaries divide, against those of real images",
  params: z.strictObject({
    ...phaseParams,
    smallest: z.int().min(1).default(4)
      .describe("Pixels that a grain has at least; smaller pieces are taken for boundary"),
    contact: z.int().min(1).default(2)
      .describe("Sides of pixels along which neighbours touch at least"),
    at_sides: z.boolean().default(true)
      .describe("Whether grains at the image's sides count, whose neighbours beyond are not seen"),
  }),
  measures: ["distance", "neighbours"],
  headlines: ["distance", "neighbours"],
  check: checkPhase,
  compute: lazily(() => import("./compute/neighbour_count.ts")),
};
