/** Limits of x0 on plain arrays: quantiles as PyTorch has them, samples each by themselves. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { normals, randomKey } from "../../../src/base/random.ts";
import { choose } from "../../../src/base/table.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { clipOf, clipped } from "../../../src/diffusion/samplers/clipping.ts";
import { runTable } from "../../../src/diffusion/samplers/host.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";

/** sin(k^2) * (1 + k / 10) for k = 0 ... 11: two samples of six values. */
const values = Float64Array.from({ length: 12 }, (_, k) => Math.sin(k * k) * (1 + k / 10));

Deno.test("thresholding is Diffusers' _threshold_sample", () => {
  for (
    const [ratio, max, sum, mean] of [
      [0.995, 1.5, -1.5213954629716147, 0.7036783075981295],
      [0.8, 100.0, -1.319875187261669, 0.6868849512889673],
      [0.35, 2.0, -1.5319471423421953, 0.7045576142123445],
      [1.0, 10.0, -0.8417923536244768, 0.6119662420952955],
      [0.9, 0.5, -2.2031845369555016, 0.8502653780796252],
    ]
  ) {
    const found = clipped(values, { ratio, max }, 6)!;
    const total = found.reduce((sum, value) => sum + value, 0);
    const size = found.reduce((sum, value) => sum + Math.abs(value), 0) / 12;
    assert.ok(Math.abs(total - sum) < 1e-12 && Math.abs(size - mean) < 1e-12, `${total} ${size}`);
  }
});

Deno.test("a limit of 1 is clipping to 1, and a sample within it stays what it is", () => {
  assert.deepEqual(clipped(values, { ratio: 0.5, max: 1 }, 6), clipped(values, 1, 6));
  const within = values.map((value) => value / 3);
  assert.deepEqual(clipped(within, { ratio: 0.995, max: 100 }, 12), within);
});

Deno.test("nothing leaves [-1, 1], nothing changes its sign, samples do not see each other", () => {
  const numbers = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(fc.property(numbers, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, ratio) => {
    const sample = Float64Array.from(list);
    const alone = clipped(sample, { ratio, max: 1e9 }, sample.length)!;
    alone.forEach((value, i) => {
      assert.ok(Math.abs(value) <= 1 && value * sample[i] >= 0);
    });
    const beside = Float64Array.of(...sample, ...sample.map((value) => 3 * value));
    const both = clipped(beside, { ratio, max: 1e9 }, sample.length)!;
    assert.deepEqual(both.subarray(0, sample.length), alone);
  }));
});

Deno.test("thresholding takes the place of clipping; without both nothing is limited", () => {
  const params = { clip_sample_range: 2, dynamic_thresholding_ratio: 0.9, sample_max_value: 5 };
  const on = { ...params, clip_sample: true, thresholding: true };
  assert.deepEqual(clipOf(on), { ratio: 0.9, max: 5 });
  assert.equal(clipOf({ ...on, thresholding: false }), 2);
  assert.equal(clipOf({ ...on, thresholding: false, clip_sample: false }), undefined);
});

Deno.test("the host's run thresholds every sample by itself", () => {
  const process = noiseProcess(choose(schedules, "linear"));
  const params = { steps: 10, thresholding: true, sample_max_value: 50 };
  const table = samplerTable(process, choose(samplers, "ddim", params));
  const epsilon = predictions.get("epsilon")!;
  const denoise = (x: Float64Array, t: number) => x.map((value) => value * t / (t + 1) / 2);
  const start = Float64Array.from(normals(randomKey(1, "start"), 0, 60));
  const run = (x: Float64Array) => runTable(table, epsilon, { x, denoise, sampleSize: 20 });
  const together = run(start);
  for (const first of [0, 20, 40]) {
    assert.deepEqual(run(start.slice(first, first + 20)), together.slice(first, first + 20));
  }
  assert.notDeepEqual(runTable(table, epsilon, { x: start, denoise }), together);
});
