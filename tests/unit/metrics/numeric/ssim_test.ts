/** PSNR and SSIM against scikit-image 0.26 on images by a formula, and their symmetries. */
import assert from "node:assert/strict";
import type { ImageShape } from "../../../../src/metrics/metric.ts";
import { psnr, ssim } from "../../../../src/metrics/numeric/ssim.ts";

const image = (seed: number, [c, h, w]: ImageShape) =>
  Float64Array.from(
    { length: c * h * w },
    (_, i) => Math.sin(i * 0.37 + seed) + Math.cos(i * i * 0.011 * (1 + seed)),
  );

// structural_similarity(a, b, data_range=R, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
// channel_axis=0) and peak_signal_noise_ratio(a, b, data_range=4) for b = 0.7 a + 0.3 other; the second SSIM has
// b - 0.5 and a range of 2.
const fixtures: [ImageShape, number, number, number][] = [
  [[1, 16, 16], 0.6062531623628775, 0.34642729926759547, 20.426978040543172],
  [[3, 13, 20], 0.6825819273615457, -0.07682766122484778, 20.69625963927048],
  [[1, 11, 11], 0.8763356054741778, 0.15357455354262448, 20.434673468305053],
  [[1, 28, 28], 0.6141311547834339, -0.031523538877895524, 20.705548393161287],
];

const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-9, `${value}, not ${expected}`);

Deno.test("SSIM and PSNR are scikit-image's", () => {
  for (const [shape, likeness, darker, ratio] of fixtures) {
    const a = image(0, shape);
    const other = image(1, shape);
    const b = a.map((x, i) => 0.7 * x + 0.3 * other[i]);
    near(ssim(a, b, shape, 4), likeness);
    near(ssim(a, b.map((x) => x - 0.5), shape, [2, 2, 2]), darker);
    near(psnr(a, b, 4), ratio);
    near(ssim(b, a, shape, 4), likeness);
  }
});

Deno.test("PSNR of a matrix and its reverse", () => {
  assert.equal(psnr([0, 1, 2, 3], [3, 2, 1, 0], 3).toFixed(4), "2.5527");
  assert.equal(psnr([1, 2], [1, 2], 3), Infinity);
});

Deno.test("an image is like itself, whatever its size and values", () => {
  for (const shape of [[1, 1, 1], [2, 4, 4], [1, 3, 30]] as ImageShape[]) {
    near(ssim(image(2, shape), image(2, shape), shape, 1), 1);
    const flat = new Float32Array(shape[0] * shape[1] * shape[2]);
    near(ssim(flat, flat, shape, 1), 1);
  }
});

Deno.test("images of different sizes are refused", () => {
  assert.throws(() => psnr([1, 2], [1], 1), /no pair/);
  assert.throws(() => ssim([1, 2], [1, 2], [1, 1, 1], 1), /no pair/);
});
