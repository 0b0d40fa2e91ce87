/** A small training and a small sampling for the tests of the programs; 8x8 RGB, a fraction of a second. */
import { elementCount, type NdArray } from "../../../src/base/nd_array.ts";
import { randomInteger, randomKey } from "../../../src/base/random.ts";
import { choose } from "../../../src/base/table.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { rateSchedules } from "../../../kernels/optimizers/learning_rate.ts";
import { optimizers } from "../../../kernels/optimizers/table.ts";
import type { TrainerOptions } from "../../../src/programs/trainer.ts";

export const shape = [3, 8, 8] as const;
export const model = choose(models, "unet", { channels: [16, 16] });
export const process = noiseProcess(choose(schedules, "linear", { timesteps: 50 }));

/** Forty images of noise bytes: their content does not matter here. */
function images(): NdArray {
  const key = randomKey(3, "test images");
  const data = Uint8Array.from(
    { length: 40 * elementCount(shape) },
    (_, i) => randomInteger(key, 0, i, 256),
  );
  return { dtype: "uint8", shape: [40, ...shape], data };
}

/** Options of a training; the images are fresh, because the session takes their buffer. */
export function trainerOptions(changes: Partial<TrainerOptions["spec"]> = {}): TrainerOptions {
  return {
    spec: {
      shape,
      dtype: "uint8",
      batchSize: 8,
      model,
      prediction: "epsilon",
      loss: choose(losses, "mse"),
      alphasCumprod: process.alphasCumprod,
      seed: 11,
      optimizer: choose(optimizers, "adamw"),
      emaEvery: 1,
      ...changes,
    },
    learningRate: 1e-3,
    rateSchedule: choose(rateSchedules, "constant", { warmup_steps: 5 }),
    emaDecay: 0.9,
    images: images(),
    affine: { scale: [1 / 127.5, 1 / 127.5, 1 / 127.5], offset: [-1, -1, -1] },
    device: "cpu",
    precision: "default",
    threads: 2,
  };
}
