/** The Frechet distance between normal distributions whose distance has a closed form, and its behaviour. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../src/base/random.ts";
import type { ImageShape } from "../../../src/metrics/metric.ts";
import { frechetRandomFeatures } from "../../../src/metrics/frechet_random_features.ts";
import { fitGaussian, frechetFrom, type Gaussian } from "../../../src/metrics/numeric/frechet.ts";
import { metricInput, noiseImages } from "./synthetic_images.ts";

const gaussian = (mean: number[], covariance: number[]): Gaussian => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});

const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-9, `${value} instead of ${expected}`);

Deno.test("between diagonal covariances it is the distance of means and deviations", () => {
  const a = gaussian([1, 2, 3], [4, 0, 0, 0, 9, 0, 0, 0, 0]);
  const b = gaussian([1, 0, 6], [1, 0, 0, 0, 9, 0, 0, 0, 25]);
  // 0 + 4 + 9 for the means, (2 - 1)^2 + 0 + (0 - 5)^2 for the deviations.
  near(frechetFrom(a)(b), 39);
  near(frechetFrom(b)(a), 39);
});

Deno.test("between any 2 x 2 covariances the trace of the root has a closed form", () => {
  const [a, b] = [gaussian([0, 0], [2, 0.6, 0.6, 1]), gaussian([0, 0], [1.5, -0.4, -0.4, 3])];
  // For 2 x 2, tr sqrt(M) = sqrt(tr M + 2 sqrt(det M)), and M is similar to the product A B.
  const trace = 2 * 1.5 + 2 * (0.6 * -0.4) + 1 * 3;
  const determinant = (2 * 1 - 0.36) * (1.5 * 3 - 0.16);
  const expected = 3 + 4.5 - 2 * Math.sqrt(trace + 2 * Math.sqrt(determinant));
  near(frechetFrom(a)(b), expected);
});

Deno.test("a fit of rows is their mean and covariance; weights count as repetitions", () => {
  const rows = Float32Array.of(1, 0, 3, 4, 5, 2);
  const { mean, covariance } = fitGaussian(rows, 2);
  assert.deepEqual([...mean], [3, 2]);
  assert.deepEqual([...covariance], [4, 2, 2, 4]);
  const repeated = fitGaussian(Float32Array.of(1, 0, 1, 0, 5, 2), 2);
  const weighted = fitGaussian(rows, 2, [2, 0, 1]);
  weighted.mean.forEach((x, i) => near(x, repeated.mean[i]));
  weighted.covariance.forEach((x, i) => near(x, repeated.covariance[i]));
});

Deno.test("the more noise is added to images, the farther they are", async () => {
  const shape: ImageShape = [1, 8, 8];
  const [samples, heldOut, reference] = ["a", "b", "c"].map((name) =>
    noiseImages(name, 150, shape)
  );
  const noise = normals(randomKey(7, "white noise"), 0, 150 * 64);
  const distances: number[] = [];
  for (const level of [0, 0.3, 1]) {
    const noisy = { count: 150, data: samples.data.map((x, i) => x + level * noise[i]) };
    const input = metricInput(shape, { samples: noisy, heldOut, reference }, {});
    const { distance } = (await frechetRandomFeatures.compute(input)).measures;
    distances.push(distance.value);
    if (level === 0) assert.ok(distance.value < 2 * distance.reference);
    if (level === 1) assert.ok(distance.interval![0] > 2 * distance.referenceInterval![1]);
  }
  assert.ok(distances[0] < distances[1] && distances[1] < distances[2], `${distances}`);
});
