/** The estimate of a training's memory: what it counts, and that every way to save memory saves some. */
import assert from "node:assert/strict";
import { choose } from "../../../src/base/table.ts";
import {
  trainingMemoryBytes,
  validationMemoryBytes,
} from "../../../src/programs/training_memory.ts";
import { models } from "../../../kernels/models/table.ts";
import { optimizers } from "../../../kernels/optimizers/table.ts";
import { trainerOptions } from "./small.ts";

type Changes = Parameters<typeof trainerOptions>[0];

/** S1's network at a size where activations are most of it. */
function bytesWith(changes: Changes = {}, dataBytes = 0): number {
  const model = choose(models, "unet");
  const { spec } = trainerOptions({ shape: [3, 64, 64], batchSize: 32, model, ...changes });
  return trainingMemoryBytes(spec, dataBytes);
}

Deno.test("S1's network at 64 pixels is estimated as it was measured", () => {
  // Peak of the process, without an average of the weights: 1.79 GB, and 1.27 GB with checkpointing.
  const measured = { emaEvery: undefined };
  assert.ok(Math.abs(bytesWith(measured) / 1.794e9 - 1) < 0.1);
  assert.ok(Math.abs(bytesWith({ ...measured, gradientCheckpointing: true }) / 1.27e9 - 1) < 0.1);
});

Deno.test("micro-batches and checkpointing need less, together least", () => {
  const [checkpoints, parts] = [{ gradientCheckpointing: true }, { accumulationSteps: 8 }];
  assert.ok(bytesWith(checkpoints) < bytesWith());
  assert.ok(bytesWith(parts) < bytesWith());
  const both = bytesWith({ ...checkpoints, ...parts });
  assert.ok(both < bytesWith(checkpoints) && both < bytesWith(parts));
});

Deno.test("data and the optimizer's state are counted", () => {
  assert.equal(bytesWith({}, 1e6) - bytesWith(), 1e6);
  // Plain gradient descent keeps nothing beside the weights; AdamW two moments.
  const plain = { optimizer: choose(optimizers, "sgd") };
  assert.ok(bytesWith() - bytesWith(plain) > 4 * 4 * 5.7e6);
});

Deno.test("validations of S1's network are estimated as they were measured", () => {
  // Growth of the process by the first validation: 0.10 GB and 0.32 GB.
  const measured = [[16, 64, 0.1e9], [64, 16, 0.32e9]] as const;
  for (const [size, batchSize, bytes] of measured) {
    const changes = { shape: [3, size, size], batchSize, model: choose(models, "unet") } as const;
    const estimate = validationMemoryBytes(trainerOptions(changes).spec);
    assert.ok(Math.abs(estimate / bytes - 1) < 0.35, `${size}: ${estimate}`);
  }
});
