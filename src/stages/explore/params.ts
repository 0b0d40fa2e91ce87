/** The parameters of the stage kind `explore`. */
import { z } from "zod";
import { splitNames } from "../../artifacts/images.ts";

export const exploreParams = z.strictObject({
  split: z.enum(splitNames).default("train").describe("The part of the images that is described."),
  examples: z.int().min(1).max(400).default(25)
    .describe("Images shown, drawn at random from that part."),
});
export type ExploreParams = z.infer<typeof exploreParams>;
