/** The parameters of the stage kind `embed`. */
import { z } from "zod";
import { splitNames } from "../../artifacts/images.ts";
import { modelParams } from "../../artifacts/model_params.ts";

const methods = ["first-two", "pca", "umap"] as const;

export const umapDefaults = { neighbours: 15, min_distance: 0.1 } as const;

export const embedParams = z.strictObject({
  split: z.enum(splitNames).optional()
    .describe("The part of the images; test, where there is one, without it."),
  count: z.int().min(3).max(20_000).default(5000).describe("Images of that part, from its first."),
  maps: z.array(z.enum(methods)).min(1).default(["first-two", "pca", "umap"])
    .refine((maps) => new Set(maps).size === maps.length, "must name a map once")
    .describe(
      "first-two: the first two numbers of each code; pca: the two directions in which codes vary most; umap: near " +
        "codes stay near (McInnes et al., 2018).",
    ),
  neighbours: z.int().min(2).max(200).default(umapDefaults.neighbours)
    .describe("umap: codes that are looked at around each code."),
  min_distance: z.number().min(0).max(1).default(umapDefaults.min_distance)
    .describe("umap: how near points may come on the map."),
  ...modelParams,
});
export type EmbedParams = z.infer<typeof embedParams>;
