/** The public library: what it gives, and what it says of wrong input. */
import assert from "node:assert/strict";
import { hostSample, samplerTable, schedule, SpecError } from "../../src/mod.ts";

/** Diffusers' dummy sample, [4, 3, 8, 8], and its dummy model. */
const sample = Float64Array.from(
  { length: 768 },
  (_, i) => ((i % 192) * 4 + Math.floor(i / 192)) / 768,
);
const denoise = (x: Float64Array, t: number) => x.map((value) => value * t / (t + 1));

Deno.test("the library samples as Diffusers' test of ddim does", () => {
  const end = hostSample({
    schedule: { kind: "linear", timesteps: 1000 },
    sampler: { kind: "ddim", steps: 10 },
    x: sample,
    denoise,
  });
  const sum = end.reduce((total, value) => total + Math.abs(value), 0);
  assert.ok(Math.abs(sum - 172.0067) < 1e-2, `${sum}`);
});

Deno.test("tables tell timesteps, sigmas and evaluations", () => {
  const table = samplerTable("linear", { kind: "ddim", steps: 4, timestep_spacing: "trailing" });
  const { alphasCumprod } = schedule("linear");
  assert.deepEqual(table.timesteps, [999, 749, 499, 249]);
  assert.equal(table.nfe, 4);
  table.timesteps.forEach((t, i) => {
    const sigma = Math.sqrt((1 - alphasCumprod[t]) / alphasCumprod[t]);
    assert.ok(Math.abs(table.sigmas[i] / sigma - 1) < 1e-12);
  });
});

Deno.test("wrong input is refused with what is wrong, the value and the nearest name", () => {
  const refused = (sampler: Parameters<typeof samplerTable>[1], pattern: RegExp) =>
    assert.throws(
      () => samplerTable({ kind: "linear", timesteps: 100 }, sampler),
      (error) => error instanceof SpecError && pattern.test(error.message),
      JSON.stringify(sampler),
    );
  refused("ddmi", /Cannot sample on the host: sampler\.kind .*"ddmi"[\s\S]*ddim/);
  refused({ kind: "ddim", step: 5 }, /there is no parameter "sampler\.step"[\s\S]*steps/);
  refused({ kind: "ddim", eta: 2 }, /sampler\.eta .*2/);
  refused({ kind: "ddim", steps: 101 }, /sampler\.steps must be at most the 100 timesteps.*101/);
  refused({ kind: "ddim", timesteps: [10, 20] }, /sampler\.timesteps\.1 must be smaller.*20/);
  refused({ kind: "ddim", timesteps: [100] }, /sampler\.timesteps\.0 .*0 to 99.*100/);
  refused({ kind: "ddim", steps: 5, timesteps: [20, 10] }, /sampler\.steps says the same/);
  assert.throws(() => samplerTable("linaer", "ddim"), /schedule\.kind .*"linaer"[\s\S]*linear/);
  const prediction = "noise" as "epsilon";
  assert.throws(
    () => hostSample({ sampler: "ddim", prediction, x: sample, denoise }),
    /prediction must be one of epsilon, v, x0.*"noise"/,
  );
  const schedule = { kind: "linear", rescale_betas_zero_snr: true };
  const sampler = { kind: "ddim", timestep_spacing: "trailing" };
  assert.throws(
    () => hostSample({ schedule, sampler, x: sample, denoise }),
    /prediction says nothing of the image.*"epsilon"/,
  );
  assert.throws(
    () => hostSample({ sampler: { kind: "ddpm", steps: 2 }, x: sample, denoise }),
    /needs noise/,
  );
});

Deno.test("kinds may be written with underscores, as other libraries write them", () => {
  const steps = { steps: 7 };
  assert.deepEqual(
    samplerTable("scaled_linear", { kind: "dpmpp_2m", ...steps }),
    samplerTable("scaled-linear", { kind: "dpmpp-2m", ...steps }),
  );
  assert.throws(() => samplerTable("linear", "dpmpp_2n"), /(?<!_2m", )"dpmpp-2m", "dpmpp-2m-sde"/);
});
