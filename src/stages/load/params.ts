/** The parameters of `load`, as they are written in a pipeline. */
import { z } from "zod";
import { datasets } from "../../../datasets/table.ts";
import { choiceSchema, choose } from "../../base/table.ts";

const layouts = ["nhwc", "nchw"] as const;

const byName = z.enum([...datasets.keys()]).transform((kind) => choose(datasets, kind));

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
    .describe("A .npy file or a folder of PNG files, relative to the pipeline file."),
  count: z.int().min(1).max(2 ** 24 - 1).optional()
    .describe(
      "Images to make, or to draw from the files; without it the data set's own number, or all.",
    ),
  split: z.strictObject({
    test: part.describe("Share (below 1) or number of images held out for the end."),
    validation: part.describe("Share (below 1) or number of images held out for choosing."),
  }).prefault({}).describe("Held-out images, drawn from the seed; the rest is train."),
  layout: z.enum(layouts).optional()
    .describe("Order of the axes of a .npy file with four; nhwc without it."),
  labels: z.string().min(1).optional()
    .describe("A .npy file with one row of labels, or one class number, per image of `path`."),
  label_names: z.array(z.string().min(1)).min(1).max(4096).optional()
    .describe("Names of the label columns, or of the classes."),
});

export type LoadParams = z.infer<typeof loadParams>;

/** The order of axes that is meant. No default of the parameter: without a .npy file it says nothing. */
export function layoutOf({ layout = "nhwc" }: LoadParams): (typeof layouts)[number] {
  return layout;
}
