/** The parameters of the stage kind `train`. */
import { z } from "zod";
import { choiceSchema, choose, chosen } from "../../base/table.ts";
import { predictionSchema } from "../../diffusion/predictions/table.ts";
import { timestepSamplings } from "../../diffusion/timestep_sampling/table.ts";
import { weightings } from "../../diffusion/weightings/table.ts";
import { mixedPrecisions, precisions } from "../../../kernels/lowering/precision.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { rateScheduleSchema } from "../../../kernels/optimizers/learning_rate.ts";
import { optimizers } from "../../../kernels/optimizers/table.ts";
import { corruptions } from "../../programs/corruptions/table.ts";
import { watchDefaults, watchParams } from "./watch_params.ts";

const params = z.strictObject({
  model: choiceSchema(models).prefault({ kind: "unet" }).describe("The network and its sizes."),
  prediction: predictionSchema.default("epsilon"),
  loss: choiceSchema(losses).optional()
    .describe(
      "What is minimised: mse for denoisers and bce-with-logits for autoencoders without it.",
    ),
  loss_weighting: choiceSchema(weightings).prefault({ kind: "none" })
    .describe("How much a denoiser's error counts at each timestep."),
  timestep_sampling: choiceSchema(timestepSamplings).prefault({ kind: "uniform" })
    .describe("How often each timestep is drawn."),
  offset_noise: z.number().nonnegative().default(0)
    .describe(
      "Deviation of one more normal number for each image and channel, added to its noise: for images darker or brighter than the mean; 0.1 is usual.",
    ),
  corruption: choiceSchema(corruptions).prefault({ kind: "none" })
    .describe(
      "What is done to images before an autoencoder sees them; it is to give them back undone.",
    ),
  condition: z.enum(["labels"]).optional()
    .describe("What the model is told of each image, where it takes a condition: its labels."),
  condition_dropout: z.number().min(0).lt(1).default(0)
    .describe(
      "Probability with which an image's condition is replaced by zeros, the null condition of classifier-free guidance; 0.1 is usual.",
    ),
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
  ...watchParams,
  checkpoint_every: z.number().int().positive().default(1)
    .describe("Epochs between saved states, from which a longer or interrupted training goes on."),
});

/** The loss that goes with a model's family. */
const familyLoss = {
  denoiser: "mse",
  autoencoder: "bce-with-logits",
  classifier: "cross-entropy",
} as const;

/** With every default filled in, in the order above. */
export const trainParams = params.transform(({ model, prediction, loss, ...rest }) => {
  const usual = () => choose(losses, familyLoss[chosen(models, model).family]);
  return { model, prediction, loss: loss ?? usual(), ...rest };
});
export type TrainParams = z.infer<typeof trainParams>;

/**
 * What came later than the first trainings, with the values that leave these as they were. A key holds only what
 * differs, so trainings from before such a parameter keep theirs.
 */
export const laterDefaults = {
  mixed_precision: "none",
  gradient_accumulation_steps: 1,
  loss_weighting: { kind: "none" },
  timestep_sampling: { kind: "uniform" },
  offset_noise: 0,
  condition_dropout: 0,
  corruption: { kind: "none" },
  ...watchDefaults,
} as const satisfies Partial<TrainParams>;
