/** The spacings of sigmas against SciPy and Diffusers, and the distribution that one of them needs. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { choose } from "../../../src/base/table.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import {
  betaProbability,
  betaQuantile,
} from "../../../src/diffusion/samplers/beta_distribution.ts";
import { sigmaSpacings } from "../../../src/diffusion/samplers/sigma_spacing.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";

function near(value: number, expected: number, tolerance = 1e-11) {
  assert.ok(Math.abs(value / expected - 1) < tolerance, `${value} instead of ${expected}`);
}

Deno.test("the Beta distribution has the values of scipy.stats.beta", () => {
  const probabilities = [
    [0.6, 0.6, 1e-6, 0.0001733284225060189],
    [0.6, 0.6, 0.1, 0.17604725434603785],
    [0.6, 0.6, 0.9, 0.8239527456539625],
    [2, 5, 0.1, 0.11426500000000002],
    [2, 5, 0.9, 0.999945],
    [30, 0.7, 0.1, 2.853093012637222e-31],
    [30, 0.7, 0.9, 0.021849649664233226],
  ];
  for (const [a, b, x, expected] of probabilities) near(betaProbability(x, a, b), expected);
  const quantiles = [
    [0.6, 0.6, 1e-4, 3.998377158137721e-7],
    [0.6, 0.6, 0.25, 0.17568037865269498],
    [0.6, 0.6, 0.9, 0.9604155944112192],
    [2, 5, 0.25, 0.16116291679032652],
    [30, 0.7, 1e-4, 0.7577142428438586],
    [30, 0.7, 0.9, 0.9988902412971145],
  ];
  for (const [a, b, p, expected] of quantiles) near(betaQuantile(p, a, b), expected);
  assert.deepEqual([betaQuantile(0, 0.6, 0.6), betaQuantile(1, 0.6, 0.6)], [0, 1]);
});

Deno.test("the quantile undoes the probability", () => {
  const parameter = fc.double({ min: 0.2, max: 20, noNaN: true });
  const share = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
  fc.assert(fc.property(parameter, parameter, share, (a, b, p) => {
    // Close below 1 the numbers themselves are too coarse for a density that is infinite there.
    const x = betaQuantile(p, a, b);
    fc.pre(x < 1 - 1e-4);
    return Math.abs(betaProbability(x, a, b) - p) < 1e-10;
  }));
});

for (const [kind, spaced] of Object.entries(sigmaSpacings)) {
  Deno.test(`sigma spacing ${kind} falls from the largest to the smallest`, () => {
    for (const steps of [1, 2, 3, 10, 50]) {
      const sigmas = spaced(14.6, 0.03, steps, {});
      assert.equal(sigmas.length, steps);
      near(sigmas[0], 14.6);
      if (steps > 1) near(sigmas[steps - 1], 0.03);
      assert.ok(sigmas.every((sigma, i) => i === 0 || sigma < sigmas[i - 1]));
    }
  });
}

/** The sigmas that a sampler visits of the process of Stable Diffusion. */
const sigmasOf = (params: Record<string, unknown>) => {
  const process = noiseProcess(
    choose(schedules, "scaled-linear", { beta_start: 0.00085, beta_end: 0.012 }),
  );
  return samplerTable(process, choose(samplers, "ddim", params)).rows
    .map(({ alphaCumprod }) => Math.sqrt((1 - alphaCumprod) / alphaCumprod));
};

Deno.test("beta sigmas are those of Diffusers' Euler sampler for Stable Diffusion", () => {
  const found = sigmasOf({ steps: 10, timestep_spacing: "linspace", sigma_spacing: "beta" });
  const expected = [
    14.61465,
    13.92779,
    12.49098,
    10.59761,
    8.442439,
    6.201374,
    4.046202,
    2.152829,
    0.7160242,
    0.02916753,
  ];
  // Diffusers computes them in float32.
  found.forEach((sigma, i) => near(sigma, expected[i], 2e-5));
});

Deno.test("the timesteps of Align Your Steps lie at its sigmas", () => {
  // Sabour et al. (2024), arXiv:2404.14507: both lists for Stable Diffusion 1.5 and 10 steps.
  const timesteps = [999, 850, 736, 645, 545, 455, 343, 233, 124, 24];
  const sigmas = [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152];
  sigmasOf({ timesteps }).forEach((sigma, i) => near(sigma, sigmas[i], 0.01));
  sigmasOf({ sigmas }).forEach((sigma, i) => near(sigma, sigmas[i]));
});
