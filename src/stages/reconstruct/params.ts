/** The parameters of the stage kind `reconstruct`. */
import { z } from "zod";
import { splitNames } from "../../artifacts/images.ts";
import { modelParams } from "../../artifacts/model_params.ts";
import { choiceSchema } from "../../base/table.ts";
import { corruptions } from "../../programs/corruptions/table.ts";

export const reconstructParams = z.strictObject({
  splits: z.array(z.enum(splitNames)).min(1)
    .refine((splits) => new Set(splits).size === splits.length, "must name a part once").optional()
    .describe("Parts of the images, measured apart; those that are held out without it."),
  count: z.int().positive().optional()
    .describe("Images of each part that are measured; all without it."),
  shown: z.int().min(1).max(64).default(10)
    .describe("Images of the last part that are shown above what is given back."),
  codes: z.enum(["drawn", "mean"]).default("drawn")
    .describe("Of a variational autoencoder: codes drawn as in training, or their means."),
  importance_samples: z.int().min(1).max(1024).optional()
    .describe(
      "Of a variational autoencoder: codes per image for an importance-weighted estimate of its " +
        "log-likelihood, `nll`; none is made without it.",
    ),
  corruption: choiceSchema(corruptions).optional()
    .describe("What is done to images before they are encoded; as in training without it."),
  ...modelParams,
});
export type ReconstructParams = z.infer<typeof reconstructParams>;
