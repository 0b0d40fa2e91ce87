/** Laws over every noise schedule: betas are variances, the signal falls, and the endpoints are met. */
import assert from "node:assert/strict";
import { choose } from "../../src/base/table.ts";
import { ParamError } from "../../src/base/errors.ts";
import {
  endsInNoise,
  mixtureAt,
  type NoiseProcess,
  noiseProcess,
  snrAt,
} from "../../src/diffusion/process.ts";
import { schedules } from "../../src/diffusion/schedules/table.ts";

/** Schedules that say betas; the others say how much signal is left, and their betas may fall again. */
const ofBetas = ["linear", "quadratic", "scaled-linear", "cosine", "sigmoid"];

/** SNR that the first timestep has at least and the last at most, at the defaults. */
const ends: Readonly<Record<string, readonly [number, number]>> = {
  // The 1/1000 quantile of the Laplace distribution; the last is cut at 1e-6 ** b.
  laplace: [20, 1.001e-3],
};

for (const kind of schedules.keys()) {
  for (const timesteps of [1, 2, 10, 1000]) {
    Deno.test(`schedule ${kind} with ${timesteps} timesteps hides the image monotonically`, () => {
      const process = noiseProcess(choose(schedules, kind, { timesteps }));
      assert.equal(process.betas.length, timesteps);
      let product = 1;
      for (let t = 0; t < timesteps; t++) {
        assert.ok(process.betas[t] > 0 && process.betas[t] < 1, `beta ${t}: ${process.betas[t]}`);
        const { signal, noise } = mixtureAt(process, t);
        assert.ok(Math.abs(signal ** 2 + noise ** 2 - 1) < 1e-12);
        product *= 1 - process.betas[t];
        assert.ok(Math.abs(process.alphasCumprod[t] / product - 1) < 1e-9, `product at ${t}`);
        if (t === 0) continue;
        const falls = process.betas[t] < process.betas[t - 1];
        assert.ok(!falls || !ofBetas.includes(kind), `beta falls at ${t}`);
        assert.ok(snrAt(process, t) < snrAt(process, t - 1), `SNR rises at ${t}`);
      }
    });
  }

  Deno.test(`schedule ${kind} starts clear and ends as noise at its defaults`, () => {
    const process = noiseProcess(choose(schedules, kind));
    const [least, most] = ends[kind] ?? [1e3, 1e-3];
    assert.ok(snrAt(process, 0) > least, `SNR ${snrAt(process, 0)} at 0`);
    assert.ok(snrAt(process, 999) < most, `SNR ${snrAt(process, 999)} at 999`);
  });

  Deno.test(`schedule ${kind} starts as before and ends without signal when it is rescaled`, () => {
    const plain = noiseProcess(choose(schedules, kind));
    const process = noiseProcess(choose(schedules, kind, { rescale_betas_zero_snr: true }));
    assert.ok(Math.abs(process.alphasCumprod[0] - plain.alphasCumprod[0]) < 1e-15);
    assert.deepEqual([process.alphasCumprod[999], process.betas[999]], [0, 1]);
    assert.deepEqual([endsInNoise(process), endsInNoise(plain)], [true, false]);
    for (let t = 1; t < 1000; t++) {
      assert.ok(snrAt(process, t) < snrAt(process, t - 1), `SNR rises at ${t}`);
      assert.ok(process.betas[t] > 0, `beta ${t}`);
      // The signal falls by the same factor everywhere: its steps keep their proportions.
      const fall = (p: NoiseProcess, at: number) =>
        mixtureAt(p, 0).signal - mixtureAt(p, at).signal;
      const ratio = fall(process, t) / fall(plain, t) / (fall(process, 999) / fall(plain, 999));
      assert.ok(Math.abs(ratio - 1) < 1e-6, `${ratio} at ${t}`);
    }
    const single = choose(schedules, kind, { timesteps: 1, rescale_betas_zero_snr: true });
    refused(() => noiseProcess(single), "rescale_betas_zero_snr");
  });
}

function refused(run: () => unknown, path: string) {
  assert.throws(run, (error) => error instanceof ParamError && error.path.join() === path);
}

for (const kind of ["linear", "quadratic", "scaled-linear", "sigmoid"]) {
  Deno.test(`schedule ${kind} runs from beta_start to beta_end and refuses to fall`, () => {
    const betas = noiseProcess(choose(schedules, kind)).betas;
    // The logistic curve is cut at -6 and 6, 0.25 % short of either end.
    const slack = kind === "sigmoid" ? 0.0025 * 0.02 : 1e-15;
    assert.ok(Math.abs(betas[0] - 1e-4) < slack);
    assert.ok(Math.abs(betas[999] - 0.02) < slack);
    const falling = choose(schedules, kind, { beta_start: 0.02, beta_end: 0.01 });
    refused(() => noiseProcess(falling), "beta_end");
  });
}

Deno.test("schedule edm runs from sigma_min to sigma_max, in equal steps of its root", () => {
  const sigmas = (params: Record<string, unknown>) => {
    const process = noiseProcess(choose(schedules, "edm", params));
    return Array.from(process.betas, (_, t) => 1 / Math.sqrt(snrAt(process, t)));
  };
  const near = (value: number, expected: number) =>
    assert.ok(Math.abs(value / expected - 1) < 1e-9, `${value} instead of ${expected}`);
  const usual = sigmas({ timesteps: 18 });
  near(usual[0], 0.002);
  near(usual[17], 80);
  // The second of the paper's 18 sigmas from above, in the paper's order of arithmetic.
  near(usual[16], (80 ** (1 / 7) + (0.002 ** (1 / 7) - 80 ** (1 / 7)) / 17) ** 7);
  sigmas({ timesteps: 5, sigma_min: 1, sigma_max: 3, rho: 1 })
    .forEach((sigma, t) => near(sigma, 1 + t / 2));
  const empty = choose(schedules, "edm", { sigma_min: 2, sigma_max: 2 });
  refused(() => noiseProcess(empty), "sigma_max");
});

Deno.test("schedule laplace spreads log SNR as its distribution says", () => {
  const process = noiseProcess(choose(schedules, "laplace", { mu: 1, b: 2 }));
  const logSnr = (t: number) => Math.log(snrAt(process, t));
  assert.ok(Math.abs(logSnr(499) - 1) < 1e-5, "the median is mu");
  // The shares beyond mu + d and mu - d are exp(-d / b) / 2.
  for (const t of [9, 99, 249]) {
    const distance = -2 * Math.log(2 * (t + 1) / 1000);
    assert.ok(Math.abs(logSnr(t) - (1 + distance)) < 1e-3, `${t}`);
    assert.ok(Math.abs(logSnr(998 - t) - (1 - distance)) < 1e-3, `${998 - t}`);
  }
});

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
  // Its rescale_zero_terminal_snr, at t = 500 and 998.
  const rescaled = noiseProcess(choose(schedules, "linear", { rescale_betas_zero_snr: true }));
  assert.ok(Math.abs(rescaled.alphasCumprod[500] / 0.07524621570432673 - 1) < 1e-9);
  assert.ok(Math.abs(rescaled.alphasCumprod[998] / 4.213262465088073e-9 - 1) < 1e-6);
});
