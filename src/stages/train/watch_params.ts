/** Parameters by which a training is watched: how it fares on other images, what is kept of it, when it stops. */
import { z } from "zod";
import { choiceSchema } from "../../base/table.ts";
import { samplers } from "../../diffusion/samplers/table.ts";

const count = z.number().int().positive();

/** What `by` may name. */
export const metricNames = ["validation_loss", "training_loss"] as const;

export const watchParams = {
  validation: z.strictObject({
    every: count.default(1).describe("Epochs between validations."),
    count: count.optional().describe("Images, the first of the validation split; all without it."),
    weights: z.enum(["auto", "ema", "last"]).default("auto")
      .describe("Averaged or last weights; auto takes the average where there is one."),
  }).optional()
    .describe(
      "The loss on the validation images after every so many epochs, always with the same noise.",
    ),
  keep: z.enum(["last", "best"]).default("last")
    .describe("Which weights the model has: those of the last step or those of the best epoch."),
  by: z.enum(metricNames).default("validation_loss")
    .describe("What `keep: best` and `early_stopping` go by; smaller is better."),
  early_stopping: z.strictObject({
    patience: count.describe("Epochs without a better one after which the training ends."),
    min_delta: z.number().min(0).default(0)
      .describe("How much smaller the loss must be to count as better."),
  }).optional().describe(
    "Ends the training where it gets no better; `epochs` is the longest it takes.",
  ),
  samples: z.strictObject({
    every: count.optional().describe("Epochs between drawings."),
    at: z.array(count).min(1).optional().describe(
      "The epochs themselves, rising; those that the training reaches are drawn.",
    ),
    count: count.max(256).default(16).describe("Samples drawn each time, from the same noise."),
    sampler: choiceSchema(samplers).prefault({ kind: "ddim" })
      .describe("The algorithm that goes from noise to images; an autoencoder needs none."),
  }).optional()
    .describe("Pictures of samples during the training, from the average where there is one."),
};

/** What is filled in where nothing is written and what leaves a training as it is without it. */
export const watchDefaults = { keep: "last", by: "validation_loss" } as const;
