/** A denoiser's step with weighted errors, other timesteps, offset noise and dropped conditions. */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray, ndArray } from "../../../src/base/nd_array.ts";
import { normals, randomInteger, randomKey, uniforms } from "../../../src/base/random.ts";
import { type Choice, choose } from "../../../src/base/table.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import {
  timestepProbabilities,
  timestepSamplings,
} from "../../../src/diffusion/timestep_sampling/table.ts";
import { lossWeights, weightings } from "../../../src/diffusion/weightings/table.ts";
import { input } from "../../../src/graph/sources.ts";
import { differentiate } from "../../../src/programs/differentiate.ts";
import { drawNoise, drawTimesteps, dropCondition } from "../../../src/programs/step_draws.ts";
import { stepInputs, type StepSpec } from "../../../src/programs/step_spec.ts";
import { Trainer } from "../../../src/programs/trainer.ts";
import { trainingDigest } from "../../../src/programs/training_digest.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import { initialize } from "../../../kernels/layers/init.ts";
import { createScope } from "../../../kernels/layers/scope.ts";
import { models } from "../../../kernels/models/table.ts";
import { trainerOptions } from "./small.ts";

/** With more noise at its end than signal, so that every weighting differs from every other. */
const { alphasCumprod } = noiseProcess(
  choose(schedules, "linear", { timesteps: 50, beta_end: 0.3 }),
);
const SEED = 11;

const small = () => trainerOptions({ alphasCumprod }).spec;

const streamsOf = (first: number, count: number) =>
  ndArray("uint64", [count], BigUint64Array.from({ length: count }, (_, i) => BigInt(first + i)));

const options: readonly [name: string, changes: Partial<StepSpec>][] = [
  ...["snr", "truncated-snr", "min-snr", "p2", "edm"].map((kind): [string, Partial<StepSpec>] => [
    `loss weighting ${kind}`,
    { prediction: "v", lossWeighting: choose(weightings, kind) },
  ]),
  ["log-normal timesteps", { timestepSampling: choose(timestepSamplings, "log-normal") }],
  ["logit-normal timesteps", { timestepSampling: choose(timestepSamplings, "logit-normal") }],
  ["loss-aware timesteps", {
    timestepSampling: choose(timestepSamplings, "loss-aware", { bins: 4 }),
  }],
  ["offset noise", { offsetNoise: 0.1 }],
];

Deno.test("what is at its default is no part of the graph", () => {
  const spec = small();
  const explicit = {
    ...spec,
    lossWeighting: choose(weightings, "none"),
    timestepSampling: choose(timestepSamplings, "uniform"),
    offsetNoise: 0,
    conditionDropout: 0,
  };
  assert.equal(trainingDigest(explicit), trainingDigest(spec));
  const digests = options.map(([, changes]) => trainingDigest({ ...spec, ...changes }));
  assert.equal(new Set([trainingDigest(spec), ...digests]).size, options.length + 1);
});

for (const [name, changes] of options) {
  Deno.test(`${name}: a training runs, differs, and is as good in micro-batches`, async () => {
    const run = async (more: Parameters<typeof trainerOptions>[0]) => {
      using trainer = await Trainer.open(trainerOptions({ alphasCumprod, ...more }));
      const losses: number[] = [];
      while (trainer.step < 3) losses.push(...await trainer.advance(3));
      return losses;
    };
    const { prediction = "epsilon" } = changes;
    const [plain, own, divided] = [
      await run({ prediction }),
      await run(changes),
      await run({ ...changes, accumulationSteps: 2 }),
    ];
    own.forEach((loss, step) => {
      assert.ok(Number.isFinite(loss) && loss > 0 && loss !== plain[step], `${loss} in ${step}`);
      assert.ok(Math.abs(divided[step] / loss - 1) < 1e-4, `${divided[step]}, not ${loss}`);
    });
  });
}

/** The loss and all gradients of one step for images with the given streams, in one vector. */
async function lossAndGradients(changes: Partial<StepSpec>, first: number, count: number) {
  const spec = { ...small(), batchSize: count, ...changes };
  const { parameters, loss, gradients } = differentiate(spec, "plain");
  const values = initialize(parameters, SEED);
  const key = randomKey(5, "step images");
  const size = elementCount(spec.shape);
  const images = Uint8Array.from(
    { length: count * size },
    (_, i) => randomInteger(key, first, i, 256),
  );
  const perChannel = (value: number) => float32([1, 3, 1, 1], [value, value, value]);
  const found: Record<string, NdArray> = await evaluate(
    Object.fromEntries([loss, ...gradients].map((tensor, i) => [`output.${i}`, tensor])),
    {
      [stepInputs.batch]: ndArray("uint8", [count, ...spec.shape], images),
      [stepInputs.scale]: perChannel(1 / 127.5),
      [stepInputs.offset]: perChannel(-1),
      [stepInputs.stream]: streamsOf(first, count),
      ...Object.fromEntries(
        parameters.map(({ name, shape }) => [name, float32(shape, values.get(name)!)]),
      ),
    },
  );
  return [loss, ...gradients].flatMap((_, i) => [...found[`output.${i}`].data as Float32Array]);
}

/** The timestep that an image's stream draws by default. */
function timestepOf(stream: number): number {
  const [u] = uniforms(randomKey(SEED, "timestep"), stream, 1);
  return Math.min(alphasCumprod.length - 1, Math.floor(u * alphasCumprod.length));
}

for (const prediction of ["epsilon", "v", "x0"]) {
  Deno.test(`the gradient under a weight is as many times the gradient without, ${prediction}`, async () => {
    for (const kind of ["min-snr", "edm"]) {
      const lossWeighting = choose(weightings, kind);
      const weights = lossWeights(lossWeighting, prediction, alphasCumprod);
      for (const stream of [2, 5]) {
        const plain = await lossAndGradients({ prediction }, stream, 1);
        const weighted = await lossAndGradients({ prediction, lossWeighting }, stream, 1);
        const weight = weights[timestepOf(stream)];
        assert.ok(plain.some((value) => Math.abs(value) > 1e-3), "no gradient");
        const largest = Math.max(...plain.map(Math.abs));
        weighted.forEach((value, i) => {
          const off = Math.abs(value / weight - plain[i]);
          assert.ok(off < 1e-5 * largest, `${kind}: ${value}, not ${weight} ${plain[i]}`);
        });
      }
    }
  });
}

/** How often each timestep is drawn by streams 0 .. count - 1. */
async function drawnTimesteps(timestepSampling: Choice | undefined, count: number) {
  const stream = input("stream", [count], "uint64");
  const spec = { ...small(), timestepSampling };
  const { t } = await evaluate({ t: drawTimesteps(spec, stream, createScope()).t }, {
    stream: streamsOf(0, count),
  });
  return t.data as Float32Array;
}

Deno.test("timesteps are the inverse of the distribution function at the image's number", async () => {
  const count = 20_000;
  const uniform = await drawnTimesteps(undefined, count);
  assert.equal(uniform[7], timestepOf(7));
  for (const kind of ["log-normal", "logit-normal"]) {
    const choice = choose(timestepSamplings, kind);
    const probabilities = timestepProbabilities(choice, alphasCumprod);
    const drawn = await drawnTimesteps(choice, count);
    const found = new Float64Array(probabilities.length);
    for (const t of drawn) found[t] += 1 / count;
    found.forEach((share, t) => {
      // Five standard deviations of a share of 20,000 draws.
      const allowed = 5 * Math.sqrt(probabilities[t] / count) + 1e-4;
      assert.ok(Math.abs(share - probabilities[t]) < allowed, `${kind} ${t}: ${share}`);
    });
    // The same number decides, so more of it is never an earlier timestep.
    const key = randomKey(SEED, "timestep");
    const order = Array.from({ length: 200 }, (_, i) => [uniforms(key, i, 1)[0], drawn[i]]);
    order.sort(([a], [b]) => a - b);
    order.slice(1).forEach(([, t], i) => assert.ok(t >= order[i][1]));
  }
});

Deno.test("offset noise shifts each channel by its own number and leaves the rest", async () => {
  const stream = input("stream", [4], "uint64");
  const spec = small();
  const { white, shifted } = await evaluate({
    white: drawNoise(spec, stream),
    shifted: drawNoise({ ...spec, offsetNoise: 0.5 }, stream),
  }, { stream: streamsOf(40, 4) });
  const key = randomKey(SEED, "offset-noise");
  for (let image = 0; image < 4; image++) {
    const numbers = normals(key, 40 + image, 3);
    for (let at = 0; at < 192; at++) {
      const found = Number(shifted.data[192 * image + at]) - Number(white.data[192 * image + at]);
      const expected = 0.5 * numbers[Math.floor(at / 64)];
      assert.ok(Math.abs(found - expected) < 1e-5, `${found}, not ${expected}`);
    }
  }
});

/** Whose conditions are kept, by streams first .. first + count - 1, with their marks where these are wanted. */
async function kept(rate: number, first: number, count: number, marked?: true) {
  const stream = input("stream", [count], "uint64");
  const condition = input("condition", [count, 2]);
  const told = { width: 2, dtype: "float32", ...(marked ? { marked } : {}) } as const;
  const spec = { ...small(), conditionDropout: rate, condition: told };
  const { rows } = await evaluate({ rows: dropCondition(spec, condition, stream)! }, {
    stream: streamsOf(first, count),
    condition: float32([count, 2], new Float32Array(2 * count).fill(0.5)),
  });
  const [, width] = rows.shape;
  return Array.from(
    { length: count },
    (_, i) => [...rows.data.slice(width * i, width * (i + 1))].join(),
  );
}

Deno.test("a condition is dropped whole, as often as asked for, and the same in any batch size", async () => {
  const count = 10_000;
  for (const rate of [0.1, 0.5]) {
    const rows = await kept(rate, 0, count);
    assert.deepEqual([...new Set(rows)].sort(), ["0,0", "0.5,0.5"]);
    const share = rows.filter((row) => row === "0,0").length / count;
    assert.ok(Math.abs(share - rate) < 5 * Math.sqrt(rate * (1 - rate) / count), `${share}`);
    const parts = [
      ...await kept(rate, 0, 5),
      ...await kept(rate, 5, 1),
      ...await kept(rate, 6, 58),
    ];
    assert.deepEqual(parts, rows.slice(0, 64));
    const marked = await kept(rate, 0, 64, true);
    assert.deepEqual(marked, parts.map((row) => row === "0,0" ? "0,0,0" : "0.5,0.5,1"));
  }
});

Deno.test("dropped conditions change the graph of a model that has one, and only of that", () => {
  const spec = small();
  const conditional: StepSpec = {
    ...spec,
    model: choose(models, "film-unet", { channels: [8] }),
    condition: { width: 4, dtype: "uint8" },
  };
  const digest = (changes: Partial<StepSpec>) =>
    trainingDigest({ ...spec, ...conditional, ...changes });
  assert.notEqual(digest({ conditionDropout: 0.1 }), digest({}));
  assert.notEqual(digest({ conditionDropout: 0.1 }), digest({ conditionDropout: 0.2 }));
  assert.equal(trainingDigest({ ...spec, conditionDropout: 0.1 }), trainingDigest(spec));
});
