/** The parameters of the stage kind `sample`. */
import { z } from "zod";
import { splitNames } from "../../artifacts/images.ts";
import { modelParams } from "../../artifacts/model_params.ts";
import { choiceSchema } from "../../base/table.ts";
import { samplers } from "../../diffusion/samplers/table.ts";
import { inpaintSchema } from "./inpaint.ts";
import { startSchema } from "./start.ts";
import { volumeSchema } from "./volume_params.ts";

/** A condition: the name of a label, which may look like a number, or all its numbers. */
const condition = z.union([
  z.string(),
  z.number().transform(String) as unknown as z.ZodType<string>,
  z.array(z.number()).min(1),
]);

export const sampleParams = z.strictObject({
  sampler: choiceSchema(samplers).prefault({ kind: "ddpm" })
    .describe("The algorithm that goes from noise to images; an autoencoder needs none."),
  start: startSchema,
  inpaint: inpaintSchema,
  volume: volumeSchema,
  count: z.number().int().positive().max(2 ** 24).default(64)
    .describe("Number of samples; of volumes, at most so many of their cuts."),
  condition: z.union([
    z.array(condition).min(1),
    z.strictObject({
      labels_of: z.enum(splitNames).describe("The part of the connected images whose labels."),
    }),
  ]).optional()
    .describe(
      "What the samples are to be, in turn: names of labels, or whole conditions as lists of numbers in the " +
        "labels' own units, or the labels of connected images; without it every label in turn.",
    ),
  guidance_scale: z.number().min(0).max(1e6).optional()
    .describe(
      "Classifier-free guidance: how many times the way from the negative condition's output to the condition's; " +
        "1 is the condition alone.",
    ),
  negative: condition.optional()
    .describe(
      "What guidance leads away from: the name of a label or a list of numbers; zeros without it, which is what a " +
        "model sees whose condition was dropped in training.",
    ),
  guidance_rescale: z.number().min(0).max(1).optional()
    .describe(
      "Share of the guided output that is scaled back to the condition's deviation; 0 without it.",
    ),
  guidance_interval: z.tuple([z.number().min(0), z.number().positive()]).optional()
    .describe("Sigmas above the first and up to the second are guided; all without it."),
  batch_size: z.number().int().positive().default(64).describe("Samples computed together."),
  weights: modelParams.weights,
  precision: modelParams.precision,
});
export type SampleParams = z.infer<typeof sampleParams>;
