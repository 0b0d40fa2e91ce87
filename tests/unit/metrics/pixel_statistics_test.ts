/** Pixel statistics of images whose statistics are known. */
import assert from "node:assert/strict";
import { gaussianDistance } from "../../../src/metrics/compute/pixel_statistics.ts";
import { pixelStatistics } from "../../../src/metrics/pixel_statistics.ts";
import { metricInput } from "./synthetic_images.ts";

/** Two-pixel images with two channels: channel 0 is `a` +- 1, channel 1 is `b` +- 2. */
const images = (a: number, b: number) => ({
  count: 4,
  data: Float32Array.from([1, 2, 3, 4].flatMap(() => [a - 1, a + 1, b - 2, b + 2])),
});

Deno.test("mean, deviation and distance per channel", async () => {
  const sets = { samples: images(3, -4), heldOut: images(0, 0), reference: images(0, 0) };
  const { measures } = await pixelStatistics.compute(metricInput([2, 1, 2], sets, {}));
  assert.equal(measures.mean_channel0.value, 3);
  assert.equal(measures.mean_channel1.value, -4);
  assert.equal(measures.deviation_channel0.value, 1);
  assert.equal(measures.deviation_channel1.value, 2);
  assert.equal(measures.mean_channel1.reference, 0);
  assert.equal(measures.distance.value, Math.sqrt((9 + 16) / 2));
  assert.equal(measures.distance.reference, 0);
  assert.deepEqual(measures.mean_channel0.interval, [3, 3], "equal images leave no doubt");
});

Deno.test("the distance between two normal distributions is that of their means and deviations", () => {
  const distance = gaussianDistance({ mean: [0], deviation: [1] }, { mean: [3], deviation: [5] });
  assert.equal(distance, 5);
});

Deno.test("colour images have named channels", async () => {
  const set = { count: 2, data: Float32Array.of(1, 2, 3, 1, 2, 3) };
  const sets = { samples: set, heldOut: set, reference: set };
  const { measures } = await pixelStatistics.compute(metricInput([3, 1, 1], sets, {}));
  assert.equal(measures.mean_blue.value, 3);
  assert.equal(measures.deviation_red.value, 0);
});
