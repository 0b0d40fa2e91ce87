/** Bootstrap intervals: the resamples themselves, and the interval of a mean against its formula. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../../src/base/random.ts";
import {
  bootstrapInterval,
  resampleCounts,
  weightedMean,
} from "../../../../src/metrics/numeric/bootstrap.ts";

Deno.test("a resample has as many images as the sample, and leaves out about 1/e of them", () => {
  const resamples = resampleCounts(randomKey(1, "bootstrap"), 200);
  let absent = 0;
  for (const counts of resamples) {
    assert.equal(counts.reduce((sum, x) => sum + x, 0), 200);
    absent += counts.filter((x) => x === 0).length;
  }
  assert.ok(Math.abs(absent / (200 * resamples.length) - 1 / Math.E) < 0.01);
});

Deno.test("the interval of a mean is 1.96 standard errors to each side, to the 7% it promises", () => {
  const values = normals(randomKey(2, "bootstrap"), 0, 400);
  const once = weightedMean(values, new Uint8Array(400).fill(1));
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - once) ** 2, 0) / 399);
  const resampled = resampleCounts(randomKey(3, "bootstrap"), 400)
    .map((weights) => weightedMean(values, weights));
  const [low, high] = bootstrapInterval(once, resampled);
  const expected = 1.96 * deviation / Math.sqrt(400);
  assert.ok(Math.abs((high - low) / 2 / expected - 1) < 0.2);
  assert.ok(Math.abs((high + low) / 2 - once) < 1e-12);
});

Deno.test("an interval stops at the bounds of what is possible", () => {
  assert.deepEqual(bootstrapInterval(0.5, [0, 1, 0, 1], 0, 1), [0, 1]);
  assert.deepEqual(bootstrapInterval(2, [2, 2, 2]), [2, 2]);
});
