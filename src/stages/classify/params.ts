/** The parameters of the stage kind `classify`. */
import { z } from "zod";
import { splitNames } from "../../artifacts/images.ts";
import { modelParams } from "../../artifacts/model_params.ts";

export const classifyParams = z.strictObject({
  split: z.enum(splitNames).optional()
    .describe(
      "The part of the images; test, where there is one, without it. Samples have no parts.",
    ),
  count: z.int().positive().optional().describe("Images of that part; all without it."),
  mistakes: z.int().min(0).max(64).default(16)
    .describe("Images shown of which the classifier is most sure that they are something else."),
  ...modelParams,
});
export type ClassifyParams = z.infer<typeof classifyParams>;
