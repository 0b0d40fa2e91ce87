/** PNDM and LCM against runs of Diffusers 0.31 with the dummy sample and model of its tests. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { choose } from "../../../src/base/table.ts";
import { mixtureOf, noiseProcess } from "../../../src/diffusion/process.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { runTable } from "../../../src/diffusion/samplers/host.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import { torchNormals } from "../../fixtures/torch_generator.ts";

type Params = Readonly<Record<string, unknown>>;

const linear: Params = { kind: "linear" };
const stableDiffusion: Params = { kind: "scaled-linear", beta_start: 0.00085, beta_end: 0.012 };

/** sample[b, c, h, w] = (((c 8 + h) 8 + w) 4 + b) / 768, [4, 3, 8, 8]. */
const sample = Float64Array.from(
  { length: 768 },
  (_, i) => ((i % 192) * 4 + Math.floor(i / 192)) / 768,
);

function tableOf({ kind, ...params }: Params, { kind: schedule, ...betas }: Params) {
  const process = noiseProcess(choose(schedules, schedule as string, betas));
  return samplerTable(process, choose(samplers, kind as string, params));
}

/** Sum of |final sample|, with one `torch.randn` from seed 0 for each step that adds noise. */
function sumOf(sampler: Params, schedule: Params, prediction = "epsilon") {
  const draw = torchNormals(0);
  const end = runTable(tableOf(sampler, schedule), predictions.get(prediction)!, {
    x: sample,
    denoise: (x, t) => x.map((value) => value * t / (t + 1)),
    noise: () => Float64Array.from(draw(sample.length)),
  });
  return end.reduce((sum, value) => sum + Math.abs(value), 0);
}

const visited = (sampler: Params) => tableOf(sampler, linear).rows.map(({ timestep }) => timestep);

const plain = { kind: "pndm", steps: 10 };
const skipping = { ...plain, skip_prk_steps: true };
const lcm = { kind: "lcm", steps: 4 };

const runs: readonly (readonly [Params, Params, number, prediction?: string])[] = [
  [plain, linear, 198.1318],
  [skipping, linear, 197.7155],
  [{ ...plain, set_alpha_to_one: true }, linear, 200.9788],
  [{ ...skipping, set_alpha_to_one: true }, linear, 200.5681],
  [{ ...plain, set_alpha_to_one: true }, { ...linear, beta_start: 0.01 }, 230.0373],
  [plain, { ...linear, beta_start: 0.01 }, 186.9452],
  [{ ...skipping, steps: 50, steps_offset: 1 }, stableDiffusion, 203.4993],
  [{ ...plain, steps: 4 }, linear, 239.2799],
  [{ ...plain, steps: 7 }, linear, 198.9204],
  [{ ...skipping, steps: 7 }, linear, 197.8238],
  [{ ...skipping, steps: 3 }, linear, 97.291],
  [{ ...skipping, steps: 2 }, linear, 717.9504],
  [{ ...skipping, steps: 1 }, linear, 383.5],
  [{ ...lcm, steps: 1 }, stableDiffusion, 18.7097],
  [{ ...lcm, steps: 10 }, stableDiffusion, 197.7616],
  [{ ...lcm, steps: 50 }, stableDiffusion, 179.5601],
  [lcm, stableDiffusion, 189.0072],
  [{ ...lcm, clip_sample: true }, stableDiffusion, 188.9965],
  [lcm, stableDiffusion, 87.25, "v"],
  [{ ...lcm, timestep_scaling: 0.01 }, stableDiffusion, 199.4384],
  [{ ...lcm, steps: 10, original_inference_steps: 100 }, stableDiffusion, 197.7616],
];

for (const [sampler, schedule, expected, prediction] of runs) {
  const name = JSON.stringify({ sampler, schedule, prediction });
  Deno.test(`the sum of |sample| is Diffusers': ${name}`, () => {
    const sum = sumOf(sampler, schedule, prediction);
    // Diffusers computes in float32.
    assert.ok(Math.abs(sum - expected) < 1e-2, `${sum} instead of ${expected}`);
  });
}

Deno.test("pndm asks at the timesteps of Diffusers", () => {
  const multistep = [600, 500, 400, 300, 200, 100, 0];
  const begun = [900, 850, 850, 800, 800, 750, 750, 700, 700, 650, 650, 600];
  assert.deepEqual(visited(plain), [...begun, ...multistep]);
  assert.deepEqual(visited(skipping), [900, 800, 800, 700, ...multistep]);
});

Deno.test("pndm takes any number of steps, and asks one or nine times more often", () => {
  const nfe = (steps: number, skip_prk_steps: boolean) =>
    tableOf({ kind: "pndm", steps, skip_prk_steps }, linear).rows.length;
  for (const steps of [4, 5, 20, 1000]) {
    assert.deepEqual([nfe(steps, true), nfe(steps, false)], [steps + 1, steps + 9]);
  }
  assert.deepEqual([1, 2, 3].map((steps) => nfe(steps, false)), [1, 5, 9]);
  assert.deepEqual([1, 2, 3].map((steps) => nfe(steps, true)), [1, 3, 4]);
});

Deno.test("pndm refuses to start where nothing of the image is left, and may start after that", () => {
  const schedule = { ...linear, rescale_betas_zero_snr: true };
  assert.throws(
    () => tableOf({ ...plain, timestep_spacing: "trailing" }, schedule),
    (error) => error instanceof ParamError && error.path.join() === "kind",
  );
  const table = tableOf({ ...plain, set_alpha_to_one: true }, schedule);
  assert.equal(table.rows[0].timestep, 900);
  let row = 0;
  // The model knows that the image is 0.4; v = signal epsilon - noise x0.
  const denoise = (x: Float64Array) => {
    const { signal, noise } = mixtureOf(table.rows[row++].alphaCumprod);
    return x.map((value) => signal * (value - signal * 0.4) / noise - noise * 0.4);
  };
  const [end] = runTable(table, predictions.get("v")!, { x: Float64Array.of(1.5), denoise });
  assert.ok(Math.abs(end - 0.4) < 1e-9, `${end}`);
});

Deno.test("lcm chooses its steps among those that the model was distilled on", () => {
  assert.deepEqual(visited(lcm), [999, 759, 499, 259]);
  assert.deepEqual(visited({ ...lcm, original_inference_steps: 4 }), [999, 749, 499, 249]);
  assert.deepEqual(visited({ kind: "lcm", timesteps: [999, 500] }), [999, 500]);
  const refused = (params: Params, path: string) =>
    assert.throws(
      () => tableOf({ kind: "lcm", ...params }, linear),
      (error) => error instanceof ParamError && error.path.join() === path,
    );
  refused({ steps: 51 }, "steps");
  refused({ original_inference_steps: 1001 }, "original_inference_steps");
});
