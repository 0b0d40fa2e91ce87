/** Encoding and reconstructing: numbers against their definitions, batches of any size, what is learnt, refusals. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { elementCount, float32, type NdArray } from "../../../src/base/nd_array.ts";
import { type Choice, choose } from "../../../src/base/table.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { corruptions } from "../../../src/programs/corruptions/table.ts";
import { decodingDigest } from "../../../src/programs/decoding_step.ts";
import type { ImageBatch } from "../../../src/programs/image_rows.ts";
import {
  encodeImages,
  reconstructImages,
  type ReconstructOptions,
} from "../../../src/programs/reconstruction.ts";
import {
  encodingDigest,
  reconstructionDigest,
  type ReconstructionSpec,
} from "../../../src/programs/reconstruction_step.ts";
import { trainingStep } from "../../../src/programs/training_step.ts";
import { COUNT, discLabels, discValues, madeUp, rowsOf, shape, trained } from "./trained.ts";

const cvae = choose(models, "cvae", { filters: [4, 6], latent_dim: 3 });
const plain = choose(models, "denoising-autoencoder", { filters: [6, 8], latent_dim: 8 });
const noisy = choose(corruptions, "gaussian", { sigma: 0.3 });

/** The discs in batches of `size`, with labels where they are asked for. */
function* batches(size: number, conditional: boolean): Generator<ImageBatch> {
  const images = discValues(), labels = discLabels();
  for (let from = 0; from < COUNT; from += size) {
    const to = Math.min(COUNT, from + size);
    const conditions = conditional ? { conditions: rowsOf(labels, from, to) } : {};
    yield { images: rowsOf(images, from, to), ...conditions };
  }
}

/** Weights of a model that was never trained. */
function untrained(model: Choice, conditional: boolean) {
  const condition = conditional ? { condition: { width: 2, dtype: "uint8" as const } } : {};
  const loss = choose(losses, "bce-with-logits");
  const { collected } = trainingStep({
    ...{ shape, dtype: "uint8", batchSize: 2, model, loss, seed: 1 },
    ...condition,
  });
  return madeUp([...collected.parameters, ...collected.buffers]);
}

function options(
  model: Choice,
  weights: ReadonlyMap<string, NdArray>,
  changes: Partial<ReconstructionSpec> = {},
): Omit<ReconstructOptions, "batches"> {
  return {
    spec: { shape, batchSize: 20, model, seed: 6, ...changes },
    weights,
    device: "cpu",
    precision: "default",
    threads: 1,
    signal: new AbortController().signal,
  };
}

/** All batches, joined by name. */
async function joined<T extends object>(made: AsyncGenerator<T>): Promise<Map<string, number[]>> {
  const all = new Map<string, number[]>();
  for await (const batch of made) {
    for (const [name, { data }] of Object.entries(batch) as [string, NdArray][]) {
      all.set(name, [...all.get(name) ?? [], ...Array.from(data, Number)]);
    }
  }
  return all;
}

function near(found: number, expected: number, tolerance: number, what: string) {
  const difference = Math.abs(found - expected);
  assert.ok(difference <= tolerance * Math.max(1, Math.abs(expected)), `${what}: ${found}`);
}

Deno.test("losses of each image are those of its reconstruction and its code", async () => {
  const common = options(cvae, untrained(cvae, true), { conditionWidth: 2 });
  const made = await joined(reconstructImages({ ...common, batches: batches(20, true) }));
  const size = elementCount(shape), originals = discValues().data;
  const { mean, logVariance, images, bce, mse, divergence } = Object.fromEntries(made);
  assert.deepEqual([...made.keys()].sort(), [
    ...["bce", "divergence", "images", "logVariance", "mean", "mse"],
  ]);
  assert.deepEqual([bce.length, images.length, mean.length], [COUNT, COUNT * size, COUNT * 3]);
  for (const k of [0, 19, 20, 47]) {
    let [crossEntropy, squares, kl] = [0, 0, 0];
    for (let i = k * size; i < (k + 1) * size; i++) {
      const x = originals[i], p = images[i];
      crossEntropy -= x * Math.log(p) + (1 - x) * Math.log(1 - p);
      squares += (x - p) ** 2;
    }
    for (let j = 3 * k; j < 3 * k + 3; j++) {
      kl += (mean[j] ** 2 + Math.exp(logVariance[j]) - 1 - logVariance[j]) / 2;
    }
    near(bce[k], crossEntropy, 1e-4, `bce ${k}`);
    near(mse[k], squares / size, 1e-5, `mse ${k}`);
    near(divergence[k], kl, 1e-5, `divergence ${k}`);
  }
});

for (
  const [name, model, changes] of [
    ["the mean of the code", cvae, {}],
    ["a drawn code", cvae, { drawsCodes: true }],
    ["corrupted images", plain, { corruption: noisy }],
  ] as const
) {
  Deno.test(`an image is given back the same in batches of any size: ${name}`, async () => {
    const weights = untrained(model, false);
    const whole = await joined(
      reconstructImages({ ...options(model, weights, changes), batches: batches(20, false) }),
    );
    const split = await joined(reconstructImages({
      ...options(model, weights, { ...changes, batchSize: 7 }),
      batches: batches(7, false),
    }));
    assert.deepEqual([...whole.keys()], [...split.keys()]);
    for (const [of, values] of whole) {
      assert.equal(values.length, split.get(of)!.length);
      values.forEach((value, i) => near(value, split.get(of)![i], 2e-5, `${of} ${i}`));
    }
  });
}

Deno.test("a drawn code moves the images by its deviation, and leaves code and divergence", async () => {
  const weights = untrained(cvae, false);
  const made = async (drawsCodes: boolean) =>
    await joined(reconstructImages({
      ...options(cvae, weights, { drawsCodes }),
      batches: batches(20, false),
    }));
  const calm = await made(false), drawn = await made(true);
  for (const name of ["mean", "logVariance", "divergence"]) {
    assert.deepEqual(drawn.get(name), calm.get(name));
  }
  assert.notDeepEqual(drawn.get("images"), calm.get("images"));
});

Deno.test("encoding gives the codes of the reconstruction", async () => {
  const common = options(cvae, untrained(cvae, true), { conditionWidth: 2 });
  const codes = await joined(encodeImages({ ...common, batches: batches(16, true) }));
  const made = await joined(reconstructImages({ ...common, batches: batches(16, true) }));
  assert.deepEqual([...codes.keys()], ["mean", "logVariance"]);
  for (const [name, values] of codes) {
    values.forEach((value, i) => near(value, made.get(name)![i], 1e-5, `${name} ${i}`));
  }
});

Deno.test("a denoising autoencoder learns to take noise away", async () => {
  const { weights, losses: made, terms } = await trained(plain, choose(losses, "mse"), 400, {
    corruption: noisy,
  });
  assert.equal(terms.size, 0);
  assert.ok(made.at(-1)! < made[0] / 4, `${made[0]} -> ${made.at(-1)}`);
  const common = options(plain, weights, { corruption: noisy, batchSize: 16 });
  const found = await joined(reconstructImages({ ...common, batches: batches(16, false) }));
  const originals = discValues().data, seen = found.get("seen")!;
  const before = seen.reduce((sum, value, i) => sum + (value - originals[i]) ** 2, 0) / seen.length;
  const after = found.get("mse")!.reduce((sum, value) => sum + value, 0) / COUNT;
  assert.ok(after < before / 2, `${before} -> ${after}`);
  assert.equal(found.has("divergence"), false);
});

Deno.test("digests tell codes from images, and what is done to them", () => {
  const spec: ReconstructionSpec = { shape, batchSize: 4, model: cvae, seed: 1 };
  const digests = [
    encodingDigest(spec),
    reconstructionDigest(spec),
    reconstructionDigest({ ...spec, drawsCodes: true }),
    reconstructionDigest({ ...spec, corruption: noisy }),
    reconstructionDigest({ ...spec, conditionWidth: 2 }),
    reconstructionDigest({ ...spec, model: plain }),
  ];
  assert.equal(new Set(digests).size, digests.length);
  const none = choose(corruptions, "none");
  assert.equal(reconstructionDigest({ ...spec, corruption: none }), digests[1]);
  // A deterministic code cannot be drawn.
  const calm = { ...spec, model: plain };
  assert.equal(reconstructionDigest({ ...calm, drawsCodes: true }), reconstructionDigest(calm));
});

Deno.test("nothing is drawn from a model whose codes follow no known distribution", () => {
  for (const [kind, reason] of [["denoising-autoencoder", /codes/], ["classifier", /no images/]]) {
    assert.throws(
      () => decodingDigest({ shape, batchSize: 4, seed: 1, model: choose(models, kind as string) }),
      (error) =>
        error instanceof ParamError && error.path.join(".") === "from.model" &&
        (reason as RegExp).test(error.reason) && /cvae/.test(error.hint ?? ""),
    );
  }
});

Deno.test("batches that do not fit are refused before they are run", async () => {
  const weights = untrained(cvae, false);
  const refused = async (batch: ImageBatch, changes: Partial<ReconstructionSpec>, says: RegExp) => {
    const made = encodeImages({ ...options(cvae, weights, changes), batches: [batch] });
    await assert.rejects(
      made.next(),
      (error) => error instanceof RangeError && says.test(`${error}`),
    );
  };
  const images = (count: number, of: readonly number[]) =>
    float32([count, ...of], new Float32Array(count * elementCount(of)));
  await refused({ images: images(21, shape) }, {}, /1 to 20/);
  await refused({ images: images(2, [1, 11, 10]) }, {}, /\[1,10,11\]/);
  const conditions = float32([2, 2], new Float32Array(4));
  await refused({ images: images(2, shape), conditions }, {}, /conditions \[2,2\]/);
});
