/** Importance-weighted likelihoods: where they are known in closed form, against the bound, in batches of any size. */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray } from "../../../src/base/nd_array.ts";
import { choose } from "../../../src/base/table.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { likelihoodDigest, type LikelihoodSpec } from "../../../src/programs/likelihood_step.ts";
import { likelihoodsOfImages, reconstructImages } from "../../../src/programs/reconstruction.ts";
import { COUNT, discValues, rowsOf, shape, trained } from "./trained.ts";

const cvae = choose(models, "cvae", { filters: [4, 6], latent_dim: 2 });
const bce = choose(losses, "bce-with-logits");
const size = elementCount(shape);

const common = {
  device: "cpu",
  precision: "default",
  threads: 1,
  signal: new AbortController().signal,
} as const;

function spec(importanceSamples: number, batchSize = 8): LikelihoodSpec {
  return { shape, batchSize, model: cvae, seed: 3, importanceSamples };
}

function batchesOf(batchSize: number) {
  const images = discValues();
  return Array.from({ length: Math.ceil(COUNT / batchSize) }, (_, k) => ({
    images: rowsOf(images, k * batchSize, Math.min(COUNT, (k + 1) * batchSize)),
  }));
}

async function likelihoods(weights: ReadonlyMap<string, NdArray>, of: LikelihoodSpec) {
  const found: number[] = [];
  const options = { ...common, weights, spec: of, batches: batchesOf(of.batchSize) };
  for await (const { nll } of likelihoodsOfImages(options)) found.push(...nll.data);
  assert.equal(found.length, COUNT);
  return found;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The weights of `model` with those that `change` names replaced by what it says of their elements. */
function changed(
  weights: ReadonlyMap<string, NdArray>,
  change: (name: string) => number | undefined,
): Map<string, NdArray> {
  return new Map([...weights].map(([name, array]) => {
    const value = change(name);
    if (value === undefined) return [name, array];
    return [name, float32(array.shape, new Float32Array(array.data.length).fill(value))];
  }));
}

Deno.test("a decoder that ignores its code makes every image as likely as its pixels are", async () => {
  const { weights } = await trained(cvae, bce, 1);
  const blind = changed(weights, (name) => name.startsWith("decoder") ? 0 : undefined);
  // Codes of the standard normal distribution are weighted by 1 exactly: -log p = C H W log 2, however many are drawn.
  const standard = changed(blind, (name) => name.startsWith("encoder") ? 0 : undefined);
  for (const k of [1, 16]) {
    for (const nll of await likelihoods(standard, spec(k))) {
      assert.ok(Math.abs(nll - size * Math.LN2) < 1e-3, `${nll}`);
    }
  }
  // Any others are, on average: E[p(z) / q(z)] = 1.
  const many = await likelihoods(blind, spec(1024, 4));
  assert.ok(Math.abs(mean(many) - size * Math.LN2) < 0.05, `${mean(many) - size * Math.LN2}`);
  const one = await likelihoods(blind, spec(1));
  assert.ok(Math.max(...one.map((nll) => Math.abs(nll - size * Math.LN2))) > 0.01);
});

Deno.test("one code gives the evidence lower bound on average, more codes a tighter one", async () => {
  const { weights } = await trained(cvae, bce, 150);
  const bounds: number[] = [];
  const drawn = { shape, batchSize: 8, model: cvae, seed: 3, drawsCodes: true };
  const options = { ...common, weights, spec: drawn, batches: batchesOf(8) };
  for await (const { bce, divergence } of reconstructImages(options)) {
    bounds.push(...bce.data.map((value, i) => value + divergence!.data[i]));
  }
  const [one, few, many] = await Promise.all(
    [1, 8, 256].map(async (k) => mean(await likelihoods(weights, spec(k)))),
  );
  // Both are drawn, the bound's divergence is not: they agree within their noise.
  assert.ok(Math.abs(one / mean(bounds) - 1) < 0.02, `${one} and ${mean(bounds)}`);
  assert.ok(one > few && few > many, `${one}, ${few}, ${many}`);
});

Deno.test("an image is as likely in batches of any size, and the number of codes is in the digest", async () => {
  const { weights } = await trained(cvae, bce, 20);
  const whole = await likelihoods(weights, spec(5, 16)),
    split = await likelihoods(weights, spec(5, 7));
  whole.forEach((nll, i) => assert.ok(Math.abs(nll / split[i] - 1) < 1e-5, `${nll}, ${split[i]}`));
  assert.notEqual(likelihoodDigest(spec(5)), likelihoodDigest(spec(6)));
});

Deno.test("codes that follow no distribution have no likelihood", () => {
  const model = choose(models, "denoising-autoencoder", { filters: [4], latent_dim: 4 });
  assert.throws(() => likelihoodDigest({ ...spec(2), model }), /follow no distribution/);
});
