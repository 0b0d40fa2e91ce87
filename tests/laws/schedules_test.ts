/** Laws over every noise schedule: betas are variances, the signal falls, and the endpoints are met. */
import assert from "node:assert/strict";
import { choose, chosen } from "../../src/base/table.ts";
import { ParamError } from "../../src/base/errors.ts";
import { mixtureAt, noiseProcess, snrAt } from "../../src/diffusion/process.ts";
import { schedules } from "../../src/diffusion/schedules/table.ts";

for (const kind of schedules.keys()) {
  for (const timesteps of [1, 2, 10, 1000]) {
    Deno.test(`schedule ${kind} with ${timesteps} timesteps hides the image monotonically`, () => {
      const process = noiseProcess(choose(schedules, kind, { timesteps }));
      assert.equal(process.betas.length, timesteps);
      for (let t = 0; t < timesteps; t++) {
        assert.ok(process.betas[t] > 0 && process.betas[t] < 1, `beta ${t}: ${process.betas[t]}`);
        const { signal, noise } = mixtureAt(process, t);
        assert.ok(Math.abs(signal ** 2 + noise ** 2 - 1) < 1e-12);
        if (t === 0) continue;
        assert.ok(process.betas[t] >= process.betas[t - 1], `beta falls at ${t}`);
        assert.ok(snrAt(process, t) < snrAt(process, t - 1), `SNR rises at ${t}`);
      }
    });
  }

  Deno.test(`schedule ${kind} starts clear and ends as noise at its defaults`, () => {
    const process = noiseProcess(choose(schedules, kind));
    assert.ok(snrAt(process, 0) > 1e3, `SNR ${snrAt(process, 0)} at 0`);
    assert.ok(snrAt(process, 999) < 1e-3, `SNR ${snrAt(process, 999)} at 999`);
  });
}

for (const kind of ["linear", "quadratic", "sigmoid"]) {
  Deno.test(`schedule ${kind} runs from beta_start to beta_end and refuses to fall`, () => {
    const betas = noiseProcess(choose(schedules, kind)).betas;
    // The logistic curve is cut at -6 and 6, 0.25 % short of either end.
    const slack = kind === "sigmoid" ? 0.0025 * 0.02 : 1e-15;
    assert.ok(Math.abs(betas[0] - 1e-4) < slack);
    assert.ok(Math.abs(betas[999] - 0.02) < slack);
    const falling = choose(schedules, kind, { beta_start: 0.02, beta_end: 0.01 });
    assert.throws(
      () => chosen(schedules, falling).betas(falling),
      (error) => error instanceof ParamError && error.path.join() === "beta_end",
    );
  });
}

Deno.test("the cosine schedule follows its squared cosine until max_beta caps it", () => {
  const { alphasCumprod } = noiseProcess(choose(schedules, "cosine"));
  const f = (t: number) => Math.cos((t / 1000 + 0.008) / 1.008 * Math.PI / 2) ** 2;
  for (const t of [0, 100, 500, 900, 998]) {
    assert.ok(Math.abs(alphasCumprod[t] / (f(t + 1) / f(0)) - 1) < 1e-9, `t = ${t}`);
  }
});

Deno.test("alphas_cumprod has the values that Diffusers' formulas give in PyTorch", () => {
  // In float64, at t = 0, 500 and 999.
  const expected: Record<string, number[]> = {
    "linear": [0.9999, 0.07779665836502389, 4.035829765375676e-05],
    "quadratic": [0.9999, 0.33127457951725564, 0.000733412459580815],
    "cosine": [0.999958715775178, 0.49228517244880304, 2.4287669070348567e-09],
    "sigmoid": [0.9998507947991829, 0.29888762784675893, 3.968181990533208e-05],
  };
  for (const [kind, values] of Object.entries(expected)) {
    const { alphasCumprod } = noiseProcess(choose(schedules, kind));
    [0, 500, 999].forEach((t, i) => {
      assert.ok(Math.abs(alphasCumprod[t] / values[i] - 1) < 1e-9, `${kind} at ${t}`);
    });
  }
});
