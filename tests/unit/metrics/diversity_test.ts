/** The mean likeness of pairs: of copies, of new images, of few and of many. */
import assert from "node:assert/strict";
import type { ImageRows, ImageShape } from "../../../src/metrics/metric.ts";
import { takeRows } from "../../../src/metrics/metric.ts";
import { diversity } from "../../../src/metrics/diversity.ts";
import { channelRanges } from "../../../src/metrics/numeric/reduce.ts";
import { ssim } from "../../../src/metrics/numeric/ssim.ts";
import { metricInput, noiseImages } from "./synthetic_images.ts";

const shape: ImageShape = [2, 8, 8];
const reference = noiseImages("diversity reference", 60, shape);
const heldOut = noiseImages("diversity held out", 30, shape);

const similarity = async (samples: ImageRows, pairs = 2000) =>
  (await diversity.compute(metricInput(shape, { samples, heldOut, reference }, { pairs })))
    .measures.similarity;

Deno.test("over few images it is the mean over all pairs", async () => {
  const images = [0, 1, 2].map((i) => heldOut.data.subarray(i * 128, (i + 1) * 128));
  const ranges = channelRanges(reference, shape);
  const like = (i: number, j: number) => ssim(images[i], images[j], shape, ranges);
  const { value } = await similarity({ count: 3, data: heldOut.data.slice(0, 384) });
  assert.ok(Math.abs(value - (like(0, 1) + like(0, 2) + like(1, 2)) / 3) < 1e-12);
});

Deno.test("variations on three images are more alike than real ones, new images are not", async () => {
  const order = Array.from({ length: 30 }, (_, i) => i % 3);
  const collapsed = await similarity({ count: 30, data: takeRows(reference.data, 128, order) });
  assert.ok(collapsed.interval![0] > collapsed.referenceInterval![1]);
  const fresh = await similarity(noiseImages("diversity fresh", 30, shape));
  assert.ok(Math.abs(fresh.value - fresh.reference) < 0.05, `${fresh.value} ${fresh.reference}`);
  const same = { count: 30, data: takeRows(reference.data, 128, new Array(30).fill(7)) };
  assert.ok(Math.abs((await similarity(same)).value - 1) < 1e-9);
});

Deno.test("pairs drawn at random give nearly the mean of all", async () => {
  const all = await similarity(heldOut);
  // A pair of an image with itself, 1 in 30 if they were drawn, would add 0.03.
  const drawn = await similarity(heldOut, 400);
  assert.ok(Math.abs(all.value - drawn.value) < 0.015, `${all.value} ${drawn.value}`);
});
