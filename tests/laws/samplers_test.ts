/**
 * Laws over every sampler: with the exact denoiser of a Gaussian it reaches the Gaussian's moments, it follows the
 * probability flow at its order, and whatever the model predicts, the samples are the same.
 */
import assert from "node:assert/strict";
import { choose } from "../../src/base/table.ts";
import { normals, randomKey } from "../../src/base/random.ts";
import { mixtureAt, mixtureOf, noiseProcess } from "../../src/diffusion/process.ts";
import type { Prediction } from "../../src/diffusion/predictions/prediction.ts";
import { predictions } from "../../src/diffusion/predictions/table.ts";
import { runTable } from "../../src/diffusion/samplers/host.ts";
import { pathOf, sigmaOf } from "../../src/diffusion/samplers/path.ts";
import type { SamplerTable } from "../../src/diffusion/samplers/sampler.ts";
import type { Spacing } from "../../src/diffusion/samplers/spacing.ts";
import { samplers, samplerTable } from "../../src/diffusion/samplers/table.ts";
import { schedules } from "../../src/diffusion/schedules/table.ts";
import { samplerCases } from "./sampler_cases.ts";

const process = noiseProcess(choose(schedules, "linear"));
const epsilon = predictions.get("epsilon")!;

/** A mixture of equally likely Gaussians of one deviation, as a distribution of images of one pixel. */
interface Data {
  readonly means: readonly number[];
  readonly deviation: number;
  /** The model gives the image where the probability flow of the first Gaussian ends, as a distilled one does. */
  readonly distilled?: boolean;
}

/**
 * The model that knows the data: E[x0 | x] and E[epsilon | x], turned into what `prediction` gives. It is asked row
 * after row, and knows the noise from the table: a timestep between whole ones has only about that noise.
 */
function exactModel(
  table: SamplerTable,
  { means, deviation, distilled }: Data,
  prediction: Prediction,
) {
  let asked = 0;
  return (x: Float64Array) => {
    const mixture = mixtureOf(table.rows[asked++ % table.rows.length].alphaCumprod);
    const { signal, noise } = mixture;
    const variance = (signal * deviation) ** 2 + noise ** 2;
    const target = prediction.target(mixture);
    return x.map((value) => {
      const centred = means.map((mean) => value - signal * mean);
      if (distilled) {
        // For Gaussian data the flow keeps x in deviations from its mean.
        const x0 = means[0] + deviation * centred[0] / Math.sqrt(variance);
        return target.x0 * x0 + target.epsilon * (value - signal * x0) / noise;
      }
      const nearest = Math.min(...centred.map((c) => c * c));
      const shares = centred.map((c) => Math.exp((nearest - c * c) / (2 * variance)));
      const total = shares.reduce((sum, share) => sum + share, 0);
      const expected = (of: (i: number) => number) =>
        means.reduce((sum, _, i) => sum + shares[i] / total * of(i), 0);
      const x0 = expected((i) => means[i] + signal * deviation ** 2 / variance * centred[i]);
      return target.x0 * x0 + target.epsilon * expected((i) => noise / variance * centred[i]);
    });
  };
}

/**
 * Mean and variance of the samples of Gaussian data, exactly: everything is affine in the start and in each step's
 * noise, so one array of probes holds the images of 0, of 1, and of each unit of noise.
 */
function moments(table: SamplerTable, data: Data) {
  const count = table.rows.length + 2;
  const x = new Float64Array(count);
  x[1] = table.start;
  const end = runTable(table, epsilon, {
    x,
    denoise: exactModel(table, data, epsilon),
    noise: (step) => {
      const unit = new Float64Array(count);
      unit[step + 2] = 1;
      return unit;
    },
  });
  const responses = Array.from(end.subarray(1), (value) => value - end[0]);
  return { mean: end[0], variance: responses.reduce((sum, r) => sum + r * r, 0) };
}

/** The noise of `count` samples at a step, and at the start. */
const noiseOf = (purpose: string, count: number) => (step: number) =>
  Float64Array.from(normals(randomKey(1, purpose), step, count));

/** How far a sampler is from the probability flow at the last point that it visits. */
function flowError(kind: string, params: Readonly<Record<string, unknown>>, steps: number) {
  const [mean, deviation, from] = [0.3, 0.5, 1.5];
  const choice = choose(samplers, kind, {
    ...unclipped(kind),
    timestep_spacing: "trailing",
    sigma_spacing: "karras",
    ...params,
    steps,
  });
  const table = samplerTable(process, choice);
  const { points } = pathOf(process, samplers.get(kind)!, choice as unknown as Spacing);
  const [first, last] = [points[0], points[points.length - 1]];
  const row = table.rows.findLastIndex(({ alphaCumprod }) => alphaCumprod === last.alphaCumprod);
  const seen: number[] = [];
  runTable(table, epsilon, {
    x: Float64Array.of(from * table.start),
    denoise: exactModel(table, { means: [mean], deviation }, epsilon),
    watch: (_, { x }) => seen.push(x[0]),
  });
  // x as image plus sigma noise; for Gaussian data the flow keeps (x - mean) / hypot(deviation, sigma).
  const plain = (i: number, value: number) =>
    value * table.rows[i].scale / Math.sqrt(table.rows[i].alphaCumprod);
  const found = plain(row, seen[row - 1]);
  const start = plain(0, from * table.start);
  const exact = mean + (start - mean) * Math.hypot(deviation, sigmaOf(last)) /
      Math.hypot(deviation, sigmaOf(first));
  return Math.abs(found - exact);
}

function unclipped(kind: string): Record<string, unknown> {
  const shape = samplers.get(kind)!.params.toJSONSchema().properties ?? {};
  return "clip_sample" in shape ? { clip_sample: false } : {};
}

Deno.test("every sampler is tried", () => {
  assert.deepEqual(Object.keys(samplerCases).sort(), [...samplers.keys()].sort());
});

for (
  const [kind, { variants = [], steps = 1000, orders = [], distilled = false }] of Object.entries(
    samplerCases,
  )
) {
  for (const params of [{}, ...variants]) {
    const choice = choose(samplers, kind, { ...unclipped(kind), ...params });
    const name = JSON.stringify({ kind, ...params });

    Deno.test(`${steps} steps reach the moments of a Gaussian: ${name}`, () => {
      const table = samplerTable(process, { ...choice, steps });
      for (const [center, deviation] of [[0.3, 0.5], [-0.7, 1.2]]) {
        const { mean, variance } = moments(table, { means: [center], deviation, distilled });
        // alphas_cumprod ends at 4e-5, not 0, and 1000 steps are not infinitely many: ancestral ones with either
        // variance miss by 2 %.
        assert.ok(Math.abs(mean - center) < 0.01, `mean ${mean} of ${center}`);
        const ratio = variance / deviation ** 2;
        assert.ok(Math.abs(ratio - 1) < 0.03, `variance is ${ratio} times the data's`);
      }
    });

    // A distilled model would have to know the end of the flow of a mixture, which has no formula.
    if (!distilled) {
      Deno.test(`samples of a mixture of two fall to both alike: ${name}`, () => {
        const table = samplerTable(process, { ...choice, steps: Math.min(steps, 100) });
        const count = 4000, data = { means: [-1, 1], deviation: 0.2 };
        const end = runTable(table, epsilon, {
          x: noiseOf("start", count)(0).map((value) => value * table.start),
          denoise: exactModel(table, data, epsilon),
          noise: noiseOf("step", count),
        });
        const mean = end.reduce((sum, value) => sum + value, 0) / count;
        const variance = end.reduce((sum, value) => sum + value * value, 0) / count;
        // Three standard errors of 4000 samples are 0.05 for the mean.
        assert.ok(Math.abs(mean) < 0.06, `mean ${mean}`);
        assert.ok(Math.abs(variance / 1.04 - 1) < 0.05, `variance ${variance} of 1.04`);
      });
    }

    Deno.test(`epsilon, v and x0 give the same samples: ${name}`, () => {
      const table = samplerTable(process, { ...choice, steps: 20 });
      const data = { means: [0.3], deviation: 0.5 };
      const x = noiseOf("start", 16)(0);
      const [first, ...others] = [...predictions.values()].map((prediction) => {
        const denoise = exactModel(table, data, prediction);
        return runTable(table, prediction, { x, denoise, noise: noiseOf("step", 16) });
      });
      for (const other of others) {
        first.forEach((value, i) => assert.ok(Math.abs(value - other[i]) < 1e-9));
      }
    });

    Deno.test(`a perfect model of one image is led to that image: ${name}`, () => {
      const table = samplerTable(process, { ...choice, steps: 50 });
      const { mean, variance } = moments(table, { means: [0.4], deviation: 0 });
      // What ends at sigma_min keeps the noise of timestep 0, and of the start's mean as large a share. Consistency
      // models keep some of x at any timestep but infinite ones.
      const endsNoisy = choice.final_sigmas_type === "sigma_min" ||
        choice.set_alpha_to_one === false;
      const left = endsNoisy ? mixtureAt(process, 0).noise : 0, kept = distilled ? 1e-5 : 0;
      assert.ok(Math.abs(mean - 0.4) < 1e-9 + left / 100 + kept, `mean ${mean}`);
      assert.ok(Math.abs(variance - left ** 2) < 1e-12 + left ** 3 + kept ** 2, `${variance}`);
    });

    Deno.test(`rows fall, and name no more registers than there are: ${name}`, () => {
      const { rows, registers } = samplerTable(process, { ...choice, steps: 50 });
      for (const row of rows) {
        assert.ok(row.next.length <= registers && row.scale > 0);
        assert.ok(row.next.every(({ registers: kept = [] }) => kept.length <= registers));
        assert.ok(row.alphaCumprod > 0 && row.alphaCumprod < 1);
        assert.ok(row.timestep >= 0 && row.timestep <= 999);
      }
    });
  }

  for (const { params, order, from = 40 } of orders) {
    Deno.test(`order ${order} to the probability flow: ${JSON.stringify({ kind, ...params })}`, () => {
      const measured = Math.log2(flowError(kind, params, from) / flowError(kind, params, 2 * from));
      assert.ok(measured > order - 0.3 && measured < order + 0.5, `measured order ${measured}`);
    });
  }
}

Deno.test("clipping holds x0 within its range and nothing else", () => {
  const table = samplerTable(process, choose(samplers, "ddim", { clip_sample_range: 0.25 }));
  const seen: number[] = [];
  const end = runTable(table, epsilon, {
    x: Float64Array.of(0.5),
    denoise: exactModel(table, { means: [2], deviation: 0 }, epsilon),
    watch: (_, { x0 }) => seen.push(x0[0]),
  });
  assert.ok(seen.every((x0) => x0 === 0.25));
  assert.equal(end[0], 0.25);
});
