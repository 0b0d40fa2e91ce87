/** The parameters that every stage has which runs a trained model over images. */
import { z } from "zod";
import { precisions } from "../../kernels/lowering/precision.ts";
import { weightChoices } from "./model.ts";

export const modelParams = {
  batch_size: z.int().positive().default(128).describe("Images computed together."),
  weights: z.enum(weightChoices).default("auto")
    .describe("Averaged or last weights; auto takes the average where there is one."),
  precision: z.enum(precisions).default("default")
    .describe("Digits of the convolutions on CPU: errors of about 2e-7, 5e-6 and 3e-5."),
};
