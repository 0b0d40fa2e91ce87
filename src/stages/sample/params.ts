/** The parameters of the stage kind `sample`. */
import { z } from "zod";
import { choiceSchema } from "../../base/table.ts";
import { samplers } from "../../diffusion/samplers/table.ts";
import { precisions } from "../../../kernels/lowering/precision.ts";

export const sampleParams = z.strictObject({
  sampler: choiceSchema(samplers).prefault({ kind: "ddpm" })
    .describe("The algorithm that goes from noise to images; an autoencoder needs none."),
  count: z.number().int().positive().max(2 ** 24).default(64).describe("Number of samples."),
  condition: z.array(z.union([z.string(), z.array(z.number()).min(1)])).min(1).optional()
    .describe(
      "What the samples are to be, in turn: names of labels, or whole conditions as lists of numbers; " +
        "without it every label in turn.",
    ),
  batch_size: z.number().int().positive().default(64).describe("Samples computed together."),
  weights: z.enum(["auto", "ema", "last"]).default("auto")
    .describe("Averaged or last weights; auto takes the average where there is one."),
  precision: z.enum(precisions).default("default")
    .describe("Digits of the convolutions on CPU: errors of about 2e-7, 5e-6 and 3e-5."),
});
export type SampleParams = z.infer<typeof sampleParams>;
