/** Classifying: a classifier learns, its program agrees in batches of any size, and losses fit its labels. */
import assert from "node:assert/strict";
import { choose } from "../../../src/base/table.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { classifyImages } from "../../../src/programs/classification.ts";
import { classificationDigest } from "../../../src/programs/classification_step.ts";
import type { ImageBatch } from "../../../src/programs/image_rows.ts";
import { trainingStep } from "../../../src/programs/training_step.ts";
import { COUNT, discLabels, discValues, rowsOf, shape, trained } from "./trained.ts";

const model = choose(models, "classifier", { filters: [6, 8] });
const crossEntropy = choose(losses, "cross-entropy");
const condition = { width: 2, dtype: "uint8" as const };

function* batches(size: number): Generator<ImageBatch> {
  for (let from = 0; from < COUNT; from += size) {
    yield { images: rowsOf(discValues(), from, Math.min(COUNT, from + size)) };
  }
}

Deno.test("a classifier learns sides, and says the same in batches of any size", async () => {
  const { weights, losses: made, terms } = await trained(model, crossEntropy, 60, { condition });
  assert.ok(made.at(-1)! < 0.2, `${made.at(-1)}`);
  assert.deepEqual([...terms.keys()], ["accuracy"]);
  assert.equal(terms.get("accuracy")!.at(-1), 1);
  const classified = async (size: number) => {
    const logits: number[] = [], features: number[] = [];
    const options = {
      spec: { shape, batchSize: size, model, classes: 2 },
      weights,
      batches: batches(size),
      device: "cpu" as const,
      precision: "default" as const,
      threads: 1,
      signal: new AbortController().signal,
    };
    for await (const batch of classifyImages(options)) {
      assert.deepEqual(batch.features.shape, [batch.logits.shape[0], 8]);
      logits.push(...batch.logits.data);
      features.push(...batch.features.data);
    }
    return { logits, features };
  };
  const whole = await classified(48), split = await classified(7);
  const labels = discLabels().data;
  const right = labels.filter((label, at) =>
    label === 1 && whole.logits[at] > whole.logits[at % 2 === 0 ? at + 1 : at - 1]
  );
  assert.equal(right.length, COUNT);
  assert.equal(whole.features.length, COUNT * 8);
  for (const name of ["logits", "features"] as const) {
    whole[name].forEach((value, i) => {
      const difference = Math.abs(value - split[name][i]);
      assert.ok(difference < 1e-4 * Math.max(1, Math.abs(value)), `${name} ${i}`);
    });
  }
});

Deno.test("accuracy is measured where classes exclude each other", () => {
  const spec = { shape, dtype: "uint8" as const, batchSize: 4, model, seed: 1, condition };
  assert.deepEqual(Object.keys(trainingStep({ ...spec, loss: crossEntropy }).terms), ["accuracy"]);
  const attributes = choose(losses, "bce-with-logits");
  assert.deepEqual(Object.keys(trainingStep({ ...spec, loss: attributes }).terms), []);
  assert.throws(
    () => trainingStep({ ...spec, loss: choose(losses, "mse") }),
    /compares no classes/,
  );
  assert.throws(
    () => trainingStep({ ...spec, condition: undefined, loss: crossEntropy }),
    /needs labels/,
  );
});

Deno.test("the digest of a classification depends on the number of classes", () => {
  const spec = { shape, batchSize: 4, model };
  const digests = [2, 3].map((classes) => classificationDigest({ ...spec, classes }));
  assert.notEqual(digests[0], digests[1]);
});
