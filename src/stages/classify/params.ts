/** The parameters of the stage kind `classify`. */
import { z } from "zod";
import { splitNames } from "../../artifacts/images.ts";
import { weightChoices } from "../../artifacts/model.ts";
import { precisions } from "../../../kernels/lowering/precision.ts";

export const classifyParams = z.strictObject({
  split: z.enum(splitNames).optional()
    .describe(
      "The part of the images; test, where there is one, without it. Samples have no parts.",
    ),
  count: z.int().positive().optional().describe("Images of that part; all without it."),
  mistakes: z.int().min(0).max(64).default(16)
    .describe("Images shown of which the classifier is most sure that they are something else."),
  batch_size: z.int().positive().default(128).describe("Images computed together."),
  weights: z.enum(weightChoices).default("auto")
    .describe("Averaged or last weights; auto takes the average where there is one."),
  precision: z.enum(precisions).default("default")
    .describe("Digits of the convolutions on CPU: errors of about 2e-7, 5e-6 and 3e-5."),
});
export type ClassifyParams = z.infer<typeof classifyParams>;
