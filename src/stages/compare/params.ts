/** The parameters of the stage kind `compare`. */
import { z } from "zod";

const names = z.array(z.string().min(1)).min(1).max(64).optional();

export const compareParams = z.strictObject({
  curves: names.describe(
    "Losses by epoch that are laid over each other, such as loss or divergence; all that the stages have without it.",
  ),
  training: z.boolean().default(true)
    .describe("Show the training images' losses too, solid, beside the dashed validation ones."),
  scale: z.enum(["linear", "log"]).default("linear").describe("The axis of the losses."),
  numbers: names.describe(
    "Numbers of the table, such as validation loss; all that the stages have without it.",
  ),
});
export type CompareParams = z.infer<typeof compareParams>;
