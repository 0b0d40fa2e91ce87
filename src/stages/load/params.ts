/** The parameters of `load`, as they are written in a pipeline. */
import { z } from "zod";
import { datasets } from "../../../datasets/table.ts";
import { splitNames } from "../../artifacts/images.ts";
import { choiceSchema, choose } from "../../base/table.ts";
import { imageParams } from "./image_params.ts";
import { labelTypes, layoutOf, layouts } from "./source.ts";

/** Images of one stage, at most: as many as one stream of random numbers can tell apart. */
export const imageLimit = 2 ** 24 - 1;

const byName = z.enum([...datasets.keys()]).transform((kind) => choose(datasets, kind));

const name = z.string().min(1);

const distinct = (names: readonly string[]) => new Set(names).size === names.length;

const part = z.number().min(0)
  .refine(
    (value) => value < 1 || Number.isInteger(value),
    "must be a share below 1 or a whole number of images",
  )
  .default(0);

export const loadParams = z.strictObject({
  dataset: z.union([byName, choiceSchema(datasets)]).optional()
    .describe("A data set that can be made here, by name, or as a map of its kind and parameters."),
  path: z.string().min(1).optional()
    .describe(
      "A file or folder of images, relative to the pipeline file; docs/data.md lists them.",
    ),
  arrays: z.union([
    name,
    z.array(name).min(1).max(64).refine(distinct, "must name an array once"),
  ]).optional()
    .describe("The array of a .npz file that is the images, or a list with one array per channel."),
  channel_names: z.array(name).min(1).max(64).refine(distinct, "must be different names").optional()
    .describe("Names of channels that are quantities of their own; by default those of `arrays`."),
  count: z.int().min(1).max(imageLimit).optional()
    .describe(
      "Images to make, or to draw from the files; without it the data set's own number, or all.",
    ),
  split: z.strictObject({
    test: part.describe("Share (below 1) or number of images held out for the end."),
    validation: part.describe("Share (below 1) or number of images held out for choosing."),
    from: z.enum([...splitNames, "all"]).optional()
      .describe(
        "Of images that come divided: the part from which splits without a part of their own are " +
          "drawn, train without it; all makes one of all parts.",
      ),
    stratify: z.boolean().optional()
      .describe("Every class has the same share in every split."),
  }).prefault({}).describe("Held-out images, drawn from the seed; the rest is train."),
  layout: z.enum(layouts).optional()
    .describe(`Order of the axes of an array with four; ${layoutOf({})} without it.`),
  labels: z.string().min(1).optional()
    .describe(
      "A .npy or idx file with one row of labels, or one class number, per image of `path`; of a " +
        ".npz file the name of such an array in it.",
    ),
  label_names: z.array(name).min(1).max(4096).refine(distinct, "must be different names").optional()
    .describe("Names of the label columns, or of the classes."),
  label_type: z.enum(labelTypes).optional()
    .describe(
      "What a label array holds: class numbers, whole numbers from 0 to 255, or measured numbers; " +
        "seen by its shape and its numbers where it is left out.",
    ),
  ...imageParams,
});

export type LoadParams = z.infer<typeof loadParams>;

/** Names of arrays, however many: one alone is a list of one. */
export function arraysOf({ arrays }: LoadParams): readonly string[] | undefined {
  return typeof arrays === "string" ? [arrays] : arrays;
}
