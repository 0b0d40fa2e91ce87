/** Resampling: the same distribution as without, and samplers that cannot be resampled. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { choose } from "../../../src/base/table.ts";
import { mixtureOf, noiseProcess } from "../../../src/diffusion/process.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { runTable } from "../../../src/diffusion/samplers/host.ts";
import { levelAfter, resampled } from "../../../src/diffusion/samplers/resampling.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";

const process = noiseProcess(choose(schedules, "linear"));

for (const [kind, params] of [["ddpm", {}], ["ddim", { eta: 0.5 }], ["euler", {}]] as const) {
  Deno.test(`${kind} resampled three times reaches a Gaussian's moments all the same`, () => {
    const sampler = choose(samplers, kind, { ...params, steps: 600, clip_sample: false });
    const once = samplerTable(process, sampler), table = resampled(once, 3);
    assert.equal(table.rows.length, 3 * once.rows.length);
    assert.equal(resampled(once, 1), once);
    // Ancestral steps add a little too little noise, and do so three times. Probes: the image of 0, of the start, and of each row's noise; everything is affine in them.
    const count = table.rows.length + 2, x = new Float64Array(count);
    x[1] = table.start;
    let asked = 0;
    const end = runTable(table, predictions.get("epsilon")!, {
      x,
      denoise: (x) => {
        const { signal, noise } = mixtureOf(table.rows[asked++].alphaCumprod);
        const variance = (0.5 * signal) ** 2 + noise ** 2;
        return x.map((value) => noise * (value - 0.3 * signal) / variance);
      },
      noise: (step) => {
        const unit = new Float64Array(count);
        unit[step + 2] = 1;
        return unit;
      },
    });
    const variance = end.subarray(1).reduce((sum, value) => sum + (value - end[0]) ** 2, 0);
    assert.ok(Math.abs(end[0] - 0.3) < 0.01, `mean ${end[0]}`);
    assert.ok(Math.abs(variance / 0.25 - 1) < 0.05, `variance ${variance}`);
  });
}

Deno.test("what comes after the last row is the image", () => {
  const table = samplerTable(process, choose(samplers, "ddim", { steps: 4 }));
  assert.deepEqual(levelAfter(table, 3), { alphaCumprod: 1, scale: 1 });
  assert.equal(levelAfter(table, 0), table.rows[1]);
});

Deno.test("samplers with a memory are refused at `resample`", () => {
  const table = samplerTable(process, choose(samplers, "dpmpp-2m", { steps: 10 }));
  assert.throws(
    () => resampled(table, 2),
    (error) => error instanceof ParamError && error.path.join() === "resample",
  );
});
