/** Distributions over timesteps against their formulas. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { choose } from "../../../src/base/table.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import { normalCdf } from "../../../src/diffusion/timestep_sampling/normal_distribution.ts";
import {
  cumulativeProbabilities,
  timestepProbabilities,
  timestepSamplings,
} from "../../../src/diffusion/timestep_sampling/table.ts";

const { alphasCumprod } = noiseProcess(choose(schedules, "linear", { timesteps: 1000 }));

const near = (value: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(value - expected) < tolerance, `${value}, not ${expected}`);

/** Mean and standard deviation of numbers by timestep. */
function moments(probabilities: Float64Array, value: (t: number) => number) {
  const mean = probabilities.reduce((sum, p, t) => sum + p * value(t), 0);
  const square = probabilities.reduce((sum, p, t) => sum + p * (value(t) - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(square) };
}

Deno.test("the normal distribution function has its known values", () => {
  // Abramowitz and Stegun, table 26.1; the last by 1 - 2.866515718791939e-7.
  near(normalCdf(0), 0.5, 1e-16);
  near(normalCdf(1), 0.841344746068543, 1e-14);
  near(normalCdf(-2), 0.022750131948179, 1e-14);
  near(normalCdf(5), 0.999999713348428, 1e-14);
  assert.equal(normalCdf(Infinity), 1);
  assert.equal(normalCdf(-Infinity), 0);
});

for (const kind of timestepSamplings.keys()) {
  Deno.test(`${kind} is a distribution`, () => {
    const probabilities = timestepProbabilities(choose(timestepSamplings, kind), alphasCumprod);
    assert.equal(probabilities.length, 1000);
    assert.ok(probabilities.every((p) => p >= 0));
    near(probabilities.reduce((sum, p) => sum + p, 0), 1, 1e-12);
    const ends = cumulativeProbabilities(probabilities);
    assert.equal(ends.length, 999);
    near(ends[998], 1 - probabilities[999], 1e-12);
  });
}

Deno.test("log-normal has EDM's mean and deviation of ln sigma", () => {
  const logSigma = (t: number) => Math.log((1 - alphasCumprod[t]) / alphasCumprod[t]) / 2;
  const choice = choose(timestepSamplings, "log-normal");
  // The first sigma of the process, 0.01, is 2.8 deviations below the mean: a truncated normal distribution.
  const { mean, deviation } = moments(timestepProbabilities(choice, alphasCumprod), logSigma);
  near(mean, -1.2, 0.02);
  near(deviation, 1.2, 0.03);
  const narrow = choose(timestepSamplings, "log-normal", { mean: 0.5, deviation: 0.3 });
  const found = moments(timestepProbabilities(narrow, alphasCumprod), logSigma);
  near(found.mean, 0.5, 1e-3);
  near(found.deviation, 0.3, 1e-3);
});

Deno.test("logit-normal has its mean and deviation of logit(t / T), and 0 is symmetric", () => {
  const logit = (t: number) => Math.log((t + 0.5) / (999.5 - t));
  const choice = choose(timestepSamplings, "logit-normal");
  const even = timestepProbabilities(choice, alphasCumprod);
  even.forEach((p, t) => near(p, even[999 - t], 1e-12));
  const shifted = choose(timestepSamplings, "logit-normal", { mean: 1, deviation: 0.5 });
  const { mean, deviation } = moments(timestepProbabilities(shifted, alphasCumprod), logit);
  near(mean, 1, 1e-3);
  near(deviation, 0.5, 1e-3);
});

Deno.test("log-normal never draws a timestep without any signal", () => {
  const blind = Float64Array.from([0.99, 0.5, 0.01, 0]);
  const probabilities = timestepProbabilities(choose(timestepSamplings, "log-normal"), blind);
  assert.equal(probabilities[3], 0);
  assert.ok(probabilities.slice(0, 3).every((p) => p > 0));
});

Deno.test("a log-normal that misses every sigma is refused", () => {
  const far = choose(timestepSamplings, "log-normal", { mean: 500 });
  assert.throws(
    () => timestepProbabilities(far, alphasCumprod),
    (error) => error instanceof ParamError && error.path.join() === "mean",
  );
});
