/** Guidance on plain arrays, against numbers worked out by hand and in PyTorch. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { choose } from "../../../src/base/table.ts";
import { guidanceScales, guidedOnHost } from "../../../src/diffusion/guidance.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import { sigmaOf } from "../../../src/diffusion/samplers/path.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";

const process = noiseProcess(choose(schedules, "linear"));
const table = samplerTable(process, choose(samplers, "ddim", { steps: 10 }));

Deno.test("without an interval every row has the scale", () => {
  assert.deepEqual(guidanceScales(table, { scale: 7.5 }), new Array(10).fill(7.5));
});

Deno.test("an interval guides where sigma is above its first and at most its second number", () => {
  const sigmas = table.rows.map(sigmaOf);
  const interval = [sigmas[7], sigmas[4]] as const;
  const scales = guidanceScales(table, { scale: 3, interval });
  assert.deepEqual(scales, [1, 1, 1, 1, 3, 3, 3, 1, 1, 1]);
});

Deno.test("an interval that no row lies in is refused with the sigmas that there are", () => {
  assert.throws(
    () => guidanceScales(table, { scale: 3, interval: [1e4, 1e5] }),
    (error) =>
      error instanceof ParamError && error.path[0] === "guidance_interval" &&
      /none of the visited sigmas, which lie between 0\.01000 and \d/.test(error.reason),
  );
});

const conditional = Float64Array.of(1, -2, 0.5, 3);
const negative = Float64Array.of(0, -1, 1, 2);

Deno.test("the output lies scale times as far from the negative one as the condition's", () => {
  assert.deepEqual([...guidedOnHost({ conditional, negative, scale: 3 })], [3, -4, -0.5, 5]);
  assert.deepEqual([...guidedOnHost({ conditional, negative, scale: 1 })], [...conditional]);
  assert.deepEqual([...guidedOnHost({ conditional, negative, scale: 0 })], [...negative]);
});

Deno.test("rescaling brings each sample's deviation back to the condition's", () => {
  const deviation = (values: Float64Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };
  const twice = (values: Float64Array) => Float64Array.of(...values, ...values.map((v) => 10 * v));
  const options = { conditional: twice(conditional), negative: twice(negative), scale: 3 };
  const whole = guidedOnHost({ ...options, rescale: 1, sampleSize: 4 });
  assert.ok(Math.abs(deviation(whole.subarray(0, 4)) / deviation(conditional) - 1) < 1e-12);
  whole.subarray(4).forEach((value, i) => assert.ok(Math.abs(value - 10 * whole[i]) < 1e-12));
  // Diffusers' rescale_noise_cfg (PyTorch 1.13, float64) of this sample at guidance_rescale 0.7.
  const share = guidedOnHost({ conditional, negative, scale: 3, rescale: 0.7 });
  const expected = [
    1.9889146428153803,
    -2.651886190420507,
    -0.3314857738025634,
    3.3148577380256343,
  ];
  share.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-12));
});
