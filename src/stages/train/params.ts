/** The parameters of the stage kind `train`. */
import { z } from "zod";
import { choiceSchema } from "../../base/table.ts";
import { predictionSchema } from "../../diffusion/predictions/table.ts";
import { precisions } from "../../../kernels/lowering/mod.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { rateScheduleSchema } from "../../../kernels/optimizers/learning_rate.ts";
import { optimizers } from "../../../kernels/optimizers/table.ts";

export const trainParams = z.strictObject({
  model: choiceSchema(models).prefault({ kind: "unet" }).describe("The network and its sizes."),
  prediction: predictionSchema.default("epsilon"),
  loss: choiceSchema(losses).prefault({ kind: "mse" }).describe("What is minimised."),
  optimizer: choiceSchema(optimizers).prefault({ kind: "adamw" }).describe(
    "How weights are updated.",
  ),
  learning_rate_schedule: rateScheduleSchema.prefault({ kind: "constant" })
    .describe("How the learning rate changes with the step."),
  max_grad_norm: z.number().positive().optional()
    .describe("Clip the gradients to this global norm; no clipping without it."),
  batch_size: z.number().int().positive().default(64).describe("Images in a step."),
  epochs: z.number().int().positive().default(1)
    .describe("Passes over the training images; an incomplete last batch of a pass is left out."),
  ema: z.number().min(0).lt(1).optional()
    .describe("Decay of the moving average of the weights, per step; no average without it."),
  ema_every: z.number().int().positive().default(1)
    .describe(
      "Steps between updates of the average, each worth as many steps; 20 saves a tenth of the time.",
    ),
  precision: z.enum(precisions).default("default")
    .describe("Digits of the convolutions on CPU: errors of about 3e-7, 1e-6 and 4e-5."),
  checkpoint_every: z.number().int().positive().default(1)
    .describe("Epochs between saved states, from which a longer or interrupted training goes on."),
});
export type TrainParams = z.infer<typeof trainParams>;
