/**
 * Laws over every sampler: with the exact denoiser of a Gaussian it reaches the Gaussian's moments, its tables are
 * consistent, and whatever the model predicts, the samples are the same.
 */
import assert from "node:assert/strict";
import { type Choice, choose } from "../../src/base/table.ts";
import { normals, randomKey } from "../../src/base/random.ts";
import { mixtureAt, mixtureOf, noiseProcess } from "../../src/diffusion/process.ts";
import type { Prediction } from "../../src/diffusion/predictions/prediction.ts";
import { predictions } from "../../src/diffusion/predictions/table.ts";
import { runTable } from "../../src/diffusion/samplers/host.ts";
import type { SamplerTable } from "../../src/diffusion/samplers/sampler.ts";
import { samplers, samplerTable } from "../../src/diffusion/samplers/table.ts";
import { schedules } from "../../src/diffusion/schedules/table.ts";

const process = noiseProcess(choose(schedules, "linear"));
const epsilon = predictions.get("epsilon")!;

/** A Gaussian image distribution of one pixel. */
interface Gaussian {
  readonly mean: number;
  readonly deviation: number;
}

/** The model that knows the data to be `data`: E[epsilon | x_t], turned into what `prediction` gives. */
function exactModel({ mean, deviation }: Gaussian, prediction: Prediction) {
  return (x: Float64Array, t: number) => {
    const mixture = mixtureAt(process, t);
    const { signal, noise } = mixture;
    const variance = (signal * deviation) ** 2 + noise ** 2;
    const target = prediction.target(mixture);
    return x.map((value) => {
      const centred = value - signal * mean;
      const x0 = mean + signal * deviation ** 2 / variance * centred;
      return target.x0 * x0 + target.epsilon * noise / variance * centred;
    });
  };
}

/**
 * Mean and variance of the samples, exactly: everything is affine in the start and in each step's noise, so one
 * array of probes holds the images of 0, of 1, and of each unit of noise.
 */
function moments(table: SamplerTable, data: Gaussian) {
  const count = table.rows.length + 2;
  const x = new Float64Array(count);
  x[1] = 1;
  const end = runTable(table, epsilon, {
    x,
    denoise: exactModel(data, epsilon),
    noise: (step) => {
      const unit = new Float64Array(count);
      unit[step + 2] = 1;
      return unit;
    },
  });
  const responses = Array.from(end.subarray(1), (value) => value - end[0]);
  return { mean: end[0], variance: responses.reduce((sum, r) => sum + r * r, 0) };
}

/** All choices of a sampler that the laws are tried on. */
function variants(kind: string): Choice[] {
  const unclipped = { clip_sample: false };
  const more: Record<string, Record<string, unknown>[]> = {
    ddpm: [{ variance_type: "fixed_large" }],
    ddim: [{ eta: 0.5 }, { eta: 1 }, { use_clipped_model_output: true }],
  };
  return [{}, ...more[kind] ?? []].map((params) =>
    choose(samplers, kind, { ...unclipped, ...params, steps: 1000 })
  );
}

for (const kind of samplers.keys()) {
  for (const choice of variants(kind)) {
    const name = JSON.stringify(choice);

    Deno.test(`1000 steps reach the moments of a Gaussian: ${name}`, () => {
      const table = samplerTable(process, choice);
      for (const data of [{ mean: 0.3, deviation: 0.5 }, { mean: -0.7, deviation: 1.2 }]) {
        const { mean, variance } = moments(table, data);
        // alphas_cumprod ends at 4e-5, not 0, and 1000 steps are not infinitely many: ancestral ones with either
        // variance miss by 2 %.
        assert.ok(Math.abs(mean - data.mean) < 0.01, `mean ${mean} of ${data.mean}`);
        const ratio = variance / data.deviation ** 2;
        assert.ok(Math.abs(ratio - 1) < 0.03, `variance is ${ratio} times the data's`);
      }
    });

    Deno.test(`epsilon, v and x0 give the same samples: ${name}`, () => {
      const table = samplerTable(process, { ...choice, steps: 20 });
      const data = { mean: 0.3, deviation: 0.5 };
      const x = Float64Array.from(normals(randomKey(1, "start"), 0, 16));
      const noise = (step: number) => Float64Array.from(normals(randomKey(1, "step"), step, 16));
      const [first, ...others] = [...predictions.values()].map((prediction) =>
        runTable(table, prediction, { x, denoise: exactModel(data, prediction), noise })
      );
      for (const other of others) {
        first.forEach((value, i) => assert.ok(Math.abs(value - other[i]) < 1e-9));
      }
    });

    Deno.test(`a perfect model of one image is led to that image: ${name}`, () => {
      const table = samplerTable(process, { ...choice, steps: 50 });
      const { mean, variance } = moments(table, { mean: 0.4, deviation: 0 });
      assert.ok(Math.abs(mean - 0.4) < 1e-9 && variance < 1e-12, `${mean}, ${variance}`);
    });

    Deno.test(`each step leaves x_s with the next timestep's noise: ${name}`, () => {
      const table = samplerTable(process, { ...choice, steps: 50 });
      table.rows.forEach((row, i) => {
        const here = mixtureOf(row.alphaCumprod);
        const next = i + 1 < table.rows.length
          ? mixtureOf(table.rows[i + 1].alphaCumprod)
          : { signal: 1, noise: 0 };
        const signal = row.x * here.signal + row.x0;
        const deterministic = row.x * here.noise + row.epsilon;
        assert.ok(Math.abs(signal - next.signal) < 1e-12, `signal after step ${i}`);
        if (choice.variance_type === "fixed_large") return;
        assert.ok(Math.abs(Math.hypot(deterministic, row.noise) - next.noise) < 1e-12);
      });
      assert.equal(table.nfe, 50);
      assert.equal(table.rows[49].noise, 0);
    });
  }
}

Deno.test("deterministic ddim converges to the probability-flow solution at first order", () => {
  // For Gaussian data the flow keeps (x - signal mean) / sqrt(signal^2 deviation^2 + noise^2).
  const data = { mean: 0.3, deviation: 0.5 };
  const error = (steps: number) => {
    const choice = choose(samplers, "ddim", {
      steps,
      clip_sample: false,
      timestep_spacing: "trailing",
    });
    const { signal, noise } = mixtureAt(process, 999);
    const exact = data.mean +
      data.deviation * (1.5 - signal * data.mean) / Math.hypot(signal * data.deviation, noise);
    const [end] = runTable(samplerTable(process, choice), epsilon, {
      x: Float64Array.of(1.5),
      denoise: exactModel(data, epsilon),
    });
    return Math.abs(end - exact);
  };
  const order = Math.log2(error(100) / error(200));
  assert.ok(order > 0.8 && order < 1.3, `measured order ${order}`);
});

Deno.test("clipping holds x0 within its range and nothing else", () => {
  const table = samplerTable(process, choose(samplers, "ddim", { clip_sample_range: 0.25 }));
  const wild = { mean: 2, deviation: 0 };
  const seen: number[] = [];
  const end = runTable(table, epsilon, {
    x: Float64Array.of(0.5),
    denoise: exactModel(wild, epsilon),
    watch: (_, { x0 }) => seen.push(x0[0]),
  });
  assert.ok(seen.every((x0) => x0 === 0.25));
  assert.equal(end[0], 0.25);
});
