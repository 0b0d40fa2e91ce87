/** Starts of samplings: noise, images, arcs between two noises; and the way from an image to its noise and back. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../src/base/random.ts";
import { choose } from "../../../src/base/table.ts";
import { mixtureOf, noiseProcess } from "../../../src/diffusion/process.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { runTable } from "../../../src/diffusion/samplers/host.ts";
import { inversionTable } from "../../../src/diffusion/samplers/inversion.ts";
import { pathOf } from "../../../src/diffusion/samplers/path.ts";
import type { Spacing } from "../../../src/diffusion/samplers/spacing.ts";
import { samplers } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import {
  imageStart,
  interpolationStart,
  latentStart,
  noiseStart,
  slerp,
} from "../../../src/programs/starts.ts";

const shape = [3, 8, 8], size = 192, seed = 7;
const row = { timestep: 500, alphaCumprod: 0.36, scale: 0.5, next: [] };
const table = { rows: [row], registers: 1, start: 2, epsilonFromClipped: false };
const options = { table, shape, seed };
const noise = (k: number) => normals(randomKey(seed, "sample/start"), k, size);
const length = (values: Float32Array) => Math.hypot(...values);

Deno.test("noise and images start from the same numbers of each sample", () => {
  const images = Float32Array.from({ length: 2 * size }, (_, i) => i / size - 1);
  const fromNoise = noiseStart(options), fromImages = imageStart(options, images);
  for (const k of [0, 3]) {
    const z = noise(k), image = images.subarray((k % 2) * size);
    fromNoise(k).forEach((value, i) => assert.equal(value, 2 * z[i]));
    // signal 0.6 and noise 0.8, in units in which the model is given half of x
    fromImages(k).forEach((value, i) =>
      assert.ok(Math.abs(value - (0.6 * image[i] + 0.8 * z[i]) / 0.5) < 1e-5)
    );
  }
  latentStart(options, images)(1).forEach((value, i) =>
    assert.equal(value, images[size + i] / 0.5)
  );
});

Deno.test("an interpolation goes from one noise to the next, and stays as long as noise is", () => {
  const start = interpolationStart(options, 5);
  const unit = (k: number) => start(k).map((value) => value / 2);
  for (const pair of [0, 1]) {
    const [a, b] = [noise(2 * pair), noise(2 * pair + 1)];
    unit(5 * pair).forEach((value, i) => assert.ok(Math.abs(value - a[i]) < 1e-6));
    unit(5 * pair + 4).forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-6));
    const longest = Math.max(length(a), length(b)), shortest = Math.min(length(a), length(b));
    for (let k = 0; k < 5; k++) {
      const own = length(unit(5 * pair + k));
      assert.ok(own > 0.95 * shortest && own < 1.05 * longest, `${own}`);
    }
  }
});

Deno.test("slerp of orthogonal unit vectors is a rotation, of equal ones the vector itself", () => {
  const [x, y] = slerp(Float32Array.of(1, 0), Float32Array.of(0, 1), 1 / 3);
  assert.ok(
    Math.abs(x - Math.cos(Math.PI / 6)) < 1e-6 && Math.abs(y - Math.sin(Math.PI / 6)) < 1e-6,
  );
  assert.deepEqual([...slerp(Float32Array.of(2, 1), Float32Array.of(2, 1), 0.4)], [2, 1]);
});

Deno.test("inversion and ddim lead an image to its noise and back, the closer the more steps", () => {
  const process = noiseProcess(choose(schedules, "linear"));
  const epsilon = predictions.get("epsilon")!;
  // The exact model of normally distributed pixels with mean 0.3 and deviation 0.5.
  const modelOf = (used: typeof table) => {
    let asked = 0;
    return (x: Float64Array) => {
      const { signal, noise } = mixtureOf(used.rows[asked++].alphaCumprod);
      const variance = (0.5 * signal) ** 2 + noise ** 2;
      return x.map((value) => noise * (value - 0.3 * signal) / variance);
    };
  };
  const errorOf = (steps: number) => {
    const choice = choose(samplers, "ddim", { steps, clip_sample: false });
    const path = pathOf(process, samplers.get("ddim")!, choice as unknown as Spacing);
    const up = inversionTable(path) as typeof table;
    const down = samplers.get("ddim")!.table(path, choice) as typeof table;
    const image = Float64Array.of(-0.4, 0.3, 1.1);
    const latent = runTable(up, epsilon, { x: image, denoise: modelOf(up) });
    const back = runTable(down, epsilon, { x: latent, denoise: modelOf(down) });
    return Math.max(...back.map((value, i) => Math.abs(value - image[i])));
  };
  assert.ok(errorOf(200) < 0.03, `${errorOf(200)}`);
  assert.ok(errorOf(200) < 0.6 * errorOf(50), `${errorOf(200)} and ${errorOf(50)}`);
});
