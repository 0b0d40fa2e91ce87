/** The parameters of the stage kind `train`. */
import { z } from "zod";
import { choiceSchema, choose, chosen } from "../../base/table.ts";
import { predictionSchema } from "../../diffusion/predictions/table.ts";
import { mixedPrecisions, precisions } from "../../../kernels/lowering/precision.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { rateScheduleSchema } from "../../../kernels/optimizers/learning_rate.ts";
import { optimizers } from "../../../kernels/optimizers/table.ts";

const params = z.strictObject({
  model: choiceSchema(models).prefault({ kind: "unet" }).describe("The network and its sizes."),
  prediction: predictionSchema.default("epsilon"),
  loss: choiceSchema(losses).optional()
    .describe(
      "What is minimised: mse for denoisers and bce-with-logits for autoencoders without it.",
    ),
  condition: z.enum(["labels"]).optional()
    .describe("What the model is told of each image, where it takes a condition: its labels."),
  optimizer: choiceSchema(optimizers).prefault({ kind: "adamw" }).describe(
    "How weights are updated.",
  ),
  learning_rate_schedule: rateScheduleSchema.prefault({ kind: "constant" })
    .describe("How the learning rate changes with the step."),
  max_grad_norm: z.number().positive().optional()
    .describe("Clip the gradients to this global norm; no clipping without it."),
  batch_size: z.number().int().positive().default(64)
    .describe("Images in a step of the optimizer, all micro-batches together."),
  gradient_accumulation_steps: z.number().int().positive().default(1)
    .describe(
      "Micro-batches into which each batch is divided to save memory; must divide batch_size.",
    ),
  gradient_checkpointing: z.boolean().default(false)
    .describe(
      "Compute the model's blocks again for their gradients instead of keeping them: less memory, more time, same bits.",
    ),
  epochs: z.number().int().positive().default(1)
    .describe("Passes over the training images; an incomplete last batch of a pass is left out."),
  ema: z.number().min(0).lt(1).optional()
    .describe("Decay of the moving average of the weights, per step; no average without it."),
  ema_every: z.number().int().positive().default(1)
    .describe(
      "Steps between updates of the average, each worth as many steps; 20 saves a tenth of the time.",
    ),
  precision: z.enum(precisions).default("default")
    .describe("Digits of the convolutions on CPU: errors of about 2e-7, 5e-6 and 3e-5."),
  mixed_precision: z.enum(mixedPrecisions).default("none")
    .describe(
      "Products on operands of 16 bits, with float32 weights: for CUDA; on CPU it is slower than none.",
    ),
  checkpoint_every: z.number().int().positive().default(1)
    .describe("Epochs between saved states, from which a longer or interrupted training goes on."),
});

/** The loss that goes with a model's family. */
const familyLoss = { denoiser: "mse", autoencoder: "bce-with-logits" } as const;

/** With every default filled in, in the order above. */
export const trainParams = params.transform(({ model, prediction, loss, ...rest }) => {
  const usual = () => choose(losses, familyLoss[chosen(models, model).family]);
  return { model, prediction, loss: loss ?? usual(), ...rest };
});
export type TrainParams = z.infer<typeof trainParams>;
