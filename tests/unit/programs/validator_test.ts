/** The loss on a fixed set of images: the mean over all of them, whatever the batches, and nothing is drawn anew. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { choose } from "../../../src/base/table.ts";
import { elementCount, type NdArray, ndArray } from "../../../src/base/nd_array.ts";
import { timestepSamplings } from "../../../src/diffusion/timestep_sampling/table.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { Trainer } from "../../../src/programs/trainer.ts";
import { partsOf, Validator } from "../../../src/programs/validator.ts";
import { validationDigest } from "../../../src/programs/validation_step.ts";
import { trainerOptions } from "./small.ts";

type Changes = Parameters<typeof trainerOptions>[0];
type Weights = Map<string, NdArray<Float32Array>>;
const { signal } = new AbortController();

/** Options of a small training, and weights after some steps of it. */
async function trained(changes: Changes = {}, steps = 3) {
  const options = { ...trainerOptions(changes), affine };
  using trainer = await Trainer.open(options);
  while (trainer.step < steps) await trainer.advance(steps);
  return { spec: options.spec, weights: await trainer.currentWeights("parameter") };
}

const affine = { scale: [1 / 255, 1 / 255, 1 / 255], offset: [0, 0, 0] };
const cvae: Changes = {
  model: choose(models, "cvae", { filters: [6, 8], latent_dim: 2 }),
  loss: choose(losses, "bce-with-logits"),
};

/** The loss over the first `count` images in batches of at most `batchSize`. */
async function validated(
  { spec, weights }: Awaited<ReturnType<typeof trained>>,
  count: number,
  batchSize: number,
) {
  const { images } = trainerOptions();
  const { data, dtype } = images as NdArray<Uint8Array>;
  const size = elementCount(spec.shape);
  using validator = await Validator.open({
    spec: { ...spec, batchSize },
    count,
    rows: (start, rows) => ({
      images: ndArray(
        dtype,
        [rows, ...spec.shape],
        data.slice(start * size, (start + rows) * size),
      ),
    }),
    affine,
    device: "cpu",
    precision: "default",
    threads: 1,
  });
  return await validator.measure(weights, signal);
}

const near = (a: number, b: number) =>
  assert.ok(Math.abs(a - b) < 1e-5 * Math.max(1, Math.abs(b)), `${a}, not ${b}`);

for (const [name, changes] of [["a denoiser", {}], ["an autoencoder", cvae]] as const) {
  Deno.test(`validation of ${name}: the mean does not depend on the batches`, async () => {
    const training = await trained(changes);
    const whole = await validated(training, 11, 11);
    for (const batchSize of [4, 5]) {
      const parts = await validated(training, 11, batchSize);
      near(parts.loss, whole.loss);
      assert.deepEqual([...parts.terms.keys()], [...whole.terms.keys()]);
      for (const [term, value] of parts.terms) near(value, whole.terms.get(term)!);
    }
    assert.deepEqual(await validated(training, 11, 4), await validated(training, 11, 4));
    assert.notEqual((await validated(training, 10, 5)).loss, whole.loss);
  });
}

Deno.test("validation: the terms of an autoencoder add up to its loss", async () => {
  const { loss, terms } = await validated(await trained(cvae), 8, 8);
  near(terms.get("reconstruction")! + terms.get("divergence")!, loss);
});

Deno.test("validation: running statistics are used, and dropout drops nothing", async () => {
  const training = await trained(cvae);
  const before = await validated(training, 8, 4);
  const weights: Weights = new Map(training.weights);
  const [name, statistics] = [...weights].find(([name]) => name.endsWith("running_mean"))!;
  weights.set(name, { ...statistics, data: statistics.data.map((value) => value + 1) });
  assert.notEqual((await validated({ ...training, weights }, 8, 4)).loss, before.loss);
  const dropping = (rate: number) =>
    validationDigest({
      ...training.spec,
      ...trainerOptions().spec,
      model: choose(models, "unet", { channels: [16, 16], dropout: rate }),
    });
  assert.equal(dropping(0.5), dropping(0));
});

Deno.test("validation: better weights have a smaller loss, the same weights the same bits", async () => {
  const first = await validated(await trained({}, 1), 16, 8);
  const later = await validated(await trained({}, 40), 16, 8);
  assert.ok(later.loss < 0.9 * first.loss, `${first.loss} -> ${later.loss}`);
  assert.deepEqual(await validated(await trained({}, 40), 16, 8), later);
});

Deno.test("validation: timesteps that follow the losses are drawn uniformly", async () => {
  const { spec } = await trained({}, 1);
  const aware = choose(timestepSamplings, "loss-aware");
  assert.equal(
    validationDigest({ ...spec, timestepSampling: aware }),
    validationDigest(spec),
  );
  const other = choose(timestepSamplings, "log-normal", { mean: 0 });
  assert.notEqual(validationDigest({ ...spec, timestepSampling: other }), validationDigest(spec));
});

Deno.test("validation: an abort ends it between two batches", async () => {
  const training = await trained({}, 1);
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  using validator = await Validator.open({
    spec: training.spec,
    count: 8,
    rows: () => assert.fail("images were read"),
    affine,
    device: "cpu",
    precision: "default",
    threads: 1,
  });
  await assert.rejects(validator.measure(training.weights, controller.signal), /enough/);
});

Deno.test("validation: batches cover every image once, in at most two sizes", () => {
  const counts = fc.integer({ min: 1, max: 5000 });
  fc.assert(fc.property(counts, fc.integer({ min: 1, max: 300 }), (count, most) => {
    const parts = partsOf(count, most);
    assert.equal(parts.reduce((sum, { size, batches }) => sum + size * batches, 0), count);
    assert.ok(parts.length <= 2);
    assert.ok(parts.every(({ size, batches }) => size >= 1 && size <= most && batches >= 1));
  }));
  assert.deepEqual(partsOf(10_000, 128), [{ size: 125, batches: 80 }]);
});
