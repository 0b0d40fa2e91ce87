/**
 * Memorisation by shape and by palette apart: does the model recall drawings, colours, or both at once?
 *
 * A sample's nearest training image by shape has the most like edges (numeric/shape_code.ts), by palette the most like
 * colours (numeric/palette_code.ts). What is near is asked of held-out real images, as in nearest_neighbour.ts: as near
 * as the nearest 5% of them counts as known. A known shape in colours of its own is recoloured, a known shape in that
 * image's colours is copied.
 */
import { z } from "zod";
import type { Params } from "./compute/memorisation.ts";
import { lazily, type Metric } from "./metric.ts";

export const memorisation: Metric<Params> = {
  kind: "memorisation",
  version: 2,
  summary: "Nearest training images by shape and by palette apart, against held-out real images",
  params: z.strictObject({
    edge: z.number().min(0).max(1).default(0.1).describe(
      "Difference between neighbouring pixels above which there is an edge, as a share of the range",
    ),
    shown: z.int().min(1).max(1024).default(32)
      .describe("Samples shown above their nearest images by shape and by palette, nearest first"),
  }),
  measures: [
    "shape_distance",
    "shape_closer_than_real",
    "palette_distance",
    "palette_closer_than_real",
    "recoloured",
    "copied",
  ],
  headlines: ["shape_closer_than_real", "palette_closer_than_real", "recoloured", "copied"],
  compute: lazily(() => import("./compute/memorisation.ts")),
};
