/** What each model is measured on: the sizes of its own coursework, and its PyTorch twin. */
import type { Choice } from "../../src/base/table.ts";
import { choose } from "../../src/base/table.ts";
import { losses } from "../../kernels/losses/table.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";

export interface Workload {
  /** Height and width of the images, and images in a step, where the command names none. */
  readonly size: number;
  readonly batch: number;
  readonly channels: number;
  /** Numbers in the condition of each image; 0 for a model that is given none. */
  readonly conditionWidth: number;
  readonly loss: Choice;
  readonly optimizer: Choice;
  /** Stored bytes 0..255 become values from `low` to 1. */
  readonly low: number;
  /** Python file beside this one. */
  readonly twin?: string;
}

const sprites: Workload = {
  size: 16,
  batch: 64,
  channels: 3,
  conditionWidth: 0,
  loss: choose(losses, "mse"),
  optimizer: choose(optimizers, "adamw", { learning_rate: 1e-4 }),
  low: -1,
};

/** S2: grain map, size and orientation at 64x64 under four descriptors. */
const microstructures: Workload = {
  ...sprites,
  size: 64,
  batch: 32,
  conditionWidth: 4,
  optimizer: choose(optimizers, "adam", { learning_rate: 1e-3 }),
  twin: "film_twin.py",
};

const workloads: Readonly<Record<string, Workload>> = {
  unet: { ...sprites, twin: "unet_twin.py" },
  "film-unet": microstructures,
  "cond-unet": microstructures,
  // S4: clothes in ten classes.
  cvae: {
    size: 28,
    batch: 128,
    channels: 1,
    conditionWidth: 10,
    loss: choose(losses, "bce-with-logits"),
    optimizer: choose(optimizers, "adam", { learning_rate: 1e-3 }),
    low: 0,
    twin: "cvae_twin.py",
  },
};

/** The workload of a model; one without a coursework of its own is measured on sprites, without a twin. */
export function workloadOf(model: string): Workload {
  return workloads[model] ?? sprites;
}
