/** What samplings start from: the parameter `start` of the stage kind `sample`. */
import { z } from "zod";
import { splitNames } from "../../artifacts/images.ts";

/** Which of the connected images are meant. */
export const startSplit = z.enum(splitNames).optional()
  .describe("Part of the connected images; test where there is one, else train.");

/** Parameters, by kind. */
export const startSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("noise") }).describe("standard normal noise"),
  z.strictObject({
    kind: z.literal("images"),
    strength: z.number().gt(0).max(1).default(0.75)
      .describe("Share of the steps that is made; at 1 next to nothing of the images is left."),
    split: startSplit,
  }).describe("images with noise, those connected as `images`: image-to-image"),
  z.strictObject({
    kind: z.literal("inversion"),
    strength: z.number().gt(0).max(1).default(0.75)
      .describe("Share of the steps that is made, there and back."),
    split: startSplit,
  }).describe("the noise that DDIM inversion finds for the images connected as `images`"),
  z.strictObject({
    kind: z.literal("interpolation"),
    frames: z.number().int().min(2).default(8).describe("Samples from one noise to the next."),
  }).describe("noises on the arc between two, pair after pair"),
]).default({ kind: "noise" })
  .describe("What samples are made of; sample k has the same noise in each.");
export type StartParams = z.infer<typeof startSchema>;
