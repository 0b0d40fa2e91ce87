/** A training depends on its number of steps alone: not on runs, interruptions, restores or the EMA's cadence. */
import assert from "node:assert/strict";
import { choose } from "../../../src/base/table.ts";
import type { NdArray } from "../../../src/base/nd_array.ts";
import { writeNpy } from "../../../src/formats/npy.ts";
import { Trainer, type TrainingState } from "../../../src/programs/trainer.ts";
import { trainingDigest } from "../../../src/programs/training_digest.ts";
import { models } from "../../../kernels/models/table.ts";
import { optimizers } from "../../../kernels/optimizers/table.ts";
import { TemporaryFolder } from "../formats/temporary.ts";
import { trainerOptions } from "./small.ts";

/** Advances to each of the given steps in turn, never further at once. */
async function trainTo(trainer: Trainer, stops: readonly number[]): Promise<number[]> {
  const losses: number[] = [];
  for (const stop of stops) {
    while (trainer.step < stop) losses.push(...await trainer.advance(stop));
  }
  return losses;
}

function sameBits(a: TrainingState, b: TrainingState) {
  assert.deepEqual([...a.keys()], [...b.keys()]);
  for (const [name, { data }] of a) assert.deepEqual(data, b.get(name)!.data, name);
}

Deno.test("the same steps in other runs give the same bits", async () => {
  using whole = await Trainer.open(trainerOptions());
  using parts = await Trainer.open(trainerOptions());
  const losses = await trainTo(whole, [12]);
  assert.deepEqual(await trainTo(parts, [1, 5, 7, 12]), losses);
  sameBits(await whole.state(), await parts.state());
});

Deno.test("a restored state goes on as if nothing had happened", async () => {
  using whole = await Trainer.open(trainerOptions());
  await trainTo(whole, [7]);
  const state = await whole.state();
  const losses = await trainTo(whole, [12]);
  using resumed = await Trainer.open(trainerOptions());
  await resumed.restore(state, 7);
  assert.deepEqual(await trainTo(resumed, [12]), losses);
  sameBits(await whole.state(), await resumed.state());
});

Deno.test("a state of another program is refused", async () => {
  using trainer = await Trainer.open(trainerOptions());
  const state = new Map(await trainer.state());
  state.delete([...state.keys()][0]);
  await assert.rejects(trainer.restore(state, 3), /the saved state has no/);
});

Deno.test("the loss falls and every weight moves", async () => {
  using trainer = await Trainer.open(trainerOptions());
  const before = trainer.weights(await trainer.state(), "parameter");
  const losses = await trainTo(trainer, [60]);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  // Images of noise have little to learn; measured: 0.72.
  assert.ok(mean(losses.slice(-10)) < 0.8 * mean(losses.slice(0, 10)), `${losses}`);
  const after = trainer.weights(await trainer.state(), "parameter");
  for (const [name, { data }] of before) assert.notDeepEqual(after.get(name)!.data, data, name);
});

Deno.test("the average follows the weights by its decay, with its warm-up", async () => {
  using trainer = await Trainer.open(trainerOptions());
  const first = trainer.weights(await trainer.state(), "parameter");
  await trainTo(trainer, [1]);
  const state = await trainer.state();
  const weights = trainer.weights(state, "parameter");
  // At the first update the decay is (1 + 0) / (10 + 0).
  for (const [name, { data }] of trainer.weights(state, "ema")) {
    const [old, now] = [first.get(name)!.data, weights.get(name)!.data];
    data.forEach((value, i) => assert.ok(Math.abs(value - (0.1 * old[i] + 0.9 * now[i])) < 1e-6));
  }
});

Deno.test("a rarer average is taken when it is due, whatever the runs", async () => {
  const options = () => trainerOptions({ emaEvery: 4 });
  using whole = await Trainer.open(options());
  using parts = await Trainer.open(options());
  const initial = whole.weights(await whole.state(), "parameter");
  await trainTo(whole, [3]);
  const start = whole.weights(await whole.state(), "ema");
  for (const [name, { data }] of start) assert.deepEqual(data, initial.get(name)!.data, name);
  await trainTo(whole, [12]);
  await trainTo(parts, [2, 3, 9, 12]);
  sameBits(await whole.state(), await parts.state());
  const average = whole.weights(await whole.state(), "ema");
  for (const [name, { data }] of average) assert.notDeepEqual(data, start.get(name)!.data, name);
});

Deno.test("the digest sees the mathematics and nothing else", () => {
  const { spec } = trainerOptions();
  const digest = trainingDigest(spec);
  assert.equal(trainingDigest({ ...spec, emaEvery: 7 }), digest);
  assert.notEqual(trainingDigest({ ...spec, prediction: "v" }), digest);
  assert.notEqual(trainingDigest({ ...spec, maxGradNorm: 1 }), digest);
  assert.notEqual(trainingDigest({ ...spec, optimizer: choose(optimizers, "sgd") }), digest);
  const wider = choose(models, "unet", { channels: [16, 24] });
  assert.notEqual(trainingDigest({ ...spec, model: wider }), digest);
});

Deno.test("gradient checkpointing changes no bit", async () => {
  using kept = await Trainer.open(trainerOptions());
  using again = await Trainer.open(trainerOptions({ gradientCheckpointing: true }));
  assert.deepEqual(await trainTo(again, [4]), await trainTo(kept, [4]));
  sameBits(await again.state(), await kept.state());
});

Deno.test("micro-batches give the step of the whole batch, to rounding", async () => {
  using whole = await Trainer.open(trainerOptions({ maxGradNorm: 0.5 }));
  const parts = trainerOptions({ maxGradNorm: 0.5, accumulationSteps: 4 });
  using divided = await Trainer.open(parts);
  const expected = await trainTo(whole, [3]);
  for (const [i, loss] of (await trainTo(divided, [3])).entries()) {
    assert.ok(Math.abs(loss - expected[i]) < 1e-5, `loss ${i}: ${loss}, not ${expected[i]}`);
  }
  const [a, b] = [await whole.state(), await divided.state()];
  for (const [name, { data }] of a) {
    const other = b.get(name)!.data;
    // Adam divides by the root of the second moment, so a gradient near 0 may turn its sign: count those.
    const far = data.filter((value, i) => Math.abs(value - other[i]) > 1e-4).length;
    assert.ok(far <= data.length / 200, `${name}: ${far} of ${data.length} differ`);
  }
});

Deno.test("micro-batches with checkpointing are the same bits as without", async () => {
  using kept = await Trainer.open(trainerOptions({ accumulationSteps: 2 }));
  const both = trainerOptions({ accumulationSteps: 2, gradientCheckpointing: true });
  using again = await Trainer.open(both);
  await trainTo(kept, [2]);
  await trainTo(again, [2]);
  sameBits(await again.state(), await kept.state());
});

Deno.test("images that are read as they are needed give the same bits as resident ones", async () => {
  using folder = new TemporaryFolder();
  const { images, ...options } = trainerOptions();
  writeNpy(folder.file("images.npy"), images as NdArray);
  const file = { path: folder.file("images.npy"), dtype: images.dtype, shape: images.shape };
  using whole = await Trainer.open({ ...options, images });
  using fed = await Trainer.open({ ...options, images: file });
  assert.deepEqual(await trainTo(fed, [2, 27]), await trainTo(whole, [27]));
  sameBits(await fed.state(), await whole.state());
});

Deno.test("the first run is one step, so that progress shows at once", async () => {
  using trainer = await Trainer.open(trainerOptions());
  assert.equal((await trainer.advance(100)).length, 1);
  assert.ok((await trainer.advance(100)).length > 1);
});
