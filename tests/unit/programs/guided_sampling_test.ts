/** Guidance and thresholding in the sampling program: equal to the host's executor, image for image. */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray } from "../../../src/base/nd_array.ts";
import { normals, randomKey } from "../../../src/base/random.ts";
import { choose } from "../../../src/base/table.ts";
import { guidanceScales, guidedOnHost } from "../../../src/diffusion/guidance.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { hostStep } from "../../../src/diffusion/samplers/host.ts";
import { stepsOf } from "../../../src/diffusion/samplers/step.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { constant, input } from "../../../src/graph/sources.ts";
import { buildModel } from "../../../src/onnx/model.ts";
import { drawSamples } from "../../../src/programs/draw.ts";
import { Core } from "../../../src/runtime/core.ts";
import { initialize } from "../../../kernels/layers/init.ts";
import { createScope } from "../../../kernels/layers/scope.ts";
import { lowerPlain } from "../../../kernels/lowering/plain.ts";
import type { Denoiser } from "../../../kernels/models/model.ts";
import { models } from "../../../kernels/models/table.ts";
import { process, shape } from "./small.ts";

const SEED = 5, COUNT = 3, WIDTH = 4;
const size = elementCount(shape);
const model = choose(models, "film-unet", { channels: [16, 16] });
const definition = models.get("film-unet") as Denoiser;
const prediction = predictions.get("v")!;
/** A condition for every sample, and what they are led away from. */
const conditions = float32([COUNT, WIDTH], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0.5, 2]);
const negative = [0, 0, -1, 0.25];

/** The model's inputs for one image, as a declaration lists them. */
const modelInputs = () => ({
  x: input("x", [1, ...shape]),
  t: input("t", [1]),
  condition: input("condition", [1, WIDTH]),
});

const weights = randomWeights();

function randomWeights(): Map<string, NdArray> {
  const scope = createScope();
  definition.apply(scope, modelInputs(), model);
  const { parameters } = scope.collected;
  const values = initialize(parameters, 9);
  // Modulations start at nothing, and an untrained model would not heed its condition.
  const lively = (name: string) =>
    name.includes("film")
      ? Float32Array.from(normals(randomKey(1, name), 0, values.get(name)!.length), (z) => z / 4)
      : values.get(name)!;
  return new Map(parameters.map(({ name, shape }) => [name, float32(shape, lively(name))]));
}

/** How a drawing is guided, and by which sampler. */
interface Case {
  readonly sampler?: Readonly<Record<string, unknown>> & { readonly kind?: string };
  readonly guidance?: {
    readonly scale: number;
    readonly rescale?: number;
    readonly interval?: readonly [number, number];
  };
}

const tableOf = ({ sampler: { kind = "ddim", ...params } = {} }: Case) =>
  samplerTable(process, choose(samplers, kind, { steps: 8, ...params }));

async function draw(drawing: Case, batchSize = COUNT): Promise<Float32Array> {
  const table = tableOf(drawing);
  const { guidance } = drawing;
  const { samples } = await drawSamples({
    spec: { shape, batchSize, model, seed: SEED, conditionWidth: WIDTH },
    table,
    prediction,
    weights,
    conditions,
    ...(guidance
      ? {
        guidance: {
          scales: guidanceScales(table, guidance),
          rescale: guidance.rescale ?? 0,
          negative,
        },
      }
      : {}),
    count: COUNT,
    device: "cpu",
    precision: "high",
    threads: 1,
    signal: new AbortController().signal,
    progress: () => {},
  });
  return samples;
}

/** All samples by the host's executor, the network as a plain graph of batch 1. */
async function drawOnHost(drawing: Case): Promise<Float64Array> {
  const scope = createScope({ resolve: (name) => constant(weights.get(name)!) });
  const [plain] = lowerPlain([definition.apply(scope, modelInputs(), model)]);
  const core = await Core.load(buildModel({ plain }), { device: "cpu", threads: 1 });
  const evaluate = async (x: Float64Array, t: number, condition: ArrayLike<number>) => {
    const feeds = {
      x: float32([1, ...shape], Float32Array.from(x)),
      t: float32([1], [t]),
      condition: float32([1, WIDTH], Float32Array.from(condition)),
    };
    const { plain } = await core.run({ feeds, fetch: ["plain"] });
    return Float64Array.from(plain.data as Float32Array);
  };
  const table = tableOf(drawing);
  const { guidance } = drawing;
  const scales = guidance && guidanceScales(table, guidance);
  const all = new Float64Array(COUNT * size);
  for (let sample = 0; sample < COUNT; sample++) {
    const own = conditions.data.subarray(sample * WIDTH, (sample + 1) * WIDTH);
    const start = normals(randomKey(SEED, "sample/start"), sample, size);
    let registers: Float64Array[] = Array.from(
      { length: table.registers },
      () => new Float64Array(size),
    );
    registers[0] = Float64Array.from(start, (value) => table.start * value);
    for (const [index, step] of stepsOf(table, prediction).entries()) {
      const x = registers[0].map((value) => step.scale * value);
      const conditional = await evaluate(x, step.timestep, own);
      const output = scales
        ? guidedOnHost({
          conditional,
          negative: await evaluate(x, step.timestep, negative),
          scale: scales[index],
          rescale: guidance!.rescale,
        })
        : conditional;
      const noise = normals(randomKey(SEED, "sample/step"), sample * 2 ** 16 + index, size);
      const values = { registers, output, noise: () => Float64Array.from(noise) };
      ({ registers } = hostStep(step, values, table.clip));
    }
    all.set(registers[0], sample * size);
  }
  await core.release();
  return all;
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

const unclipped = { clip_sample: false };
const cases: Readonly<Record<string, Case>> = {
  "no guidance": { sampler: unclipped },
  "guidance": { sampler: unclipped, guidance: { scale: 3 } },
  "guidance below the condition": { sampler: unclipped, guidance: { scale: 0 } },
  "guidance and noise": { sampler: { kind: "ddpm" }, guidance: { scale: 2 } },
  "rescaled guidance": { sampler: unclipped, guidance: { scale: 5, rescale: 0.7 } },
  "guidance between two sigmas": {
    sampler: unclipped,
    guidance: { scale: 5, interval: [0.1, 0.3] },
  },
  "thresholding": {
    sampler: { thresholding: true, dynamic_thresholding_ratio: 0.9, sample_max_value: 3 },
    guidance: { scale: 6 },
  },
  "thresholding at the largest value": {
    sampler: { thresholding: true, dynamic_thresholding_ratio: 1, sample_max_value: 100 },
  },
};

for (const [name, drawing] of Object.entries(cases)) {
  Deno.test(`${name}: the program equals the host's executor`, async () => {
    const [program, host] = [await draw(drawing), await drawOnHost(drawing)];
    const most = Math.max(1, furthest(host, new Float64Array(host.length)));
    const error = furthest(program, host) / most;
    assert.ok(error < 1e-4, `${error} of ${most}`);
  });
}

Deno.test("each way of guiding makes other images, a scale of 1 those of the condition", async () => {
  const guided = ["no guidance", "guidance", "rescaled guidance", "guidance between two sigmas"];
  const drawn = await Promise.all(guided.map((name) => draw(cases[name])));
  drawn.forEach((one, i) =>
    drawn.slice(0, i).forEach((other) => assert.ok(furthest(one, other) > 0.01))
  );
  const alone = await draw({ sampler: unclipped, guidance: { scale: 1 } });
  assert.ok(furthest(alone, drawn[0]) < 1e-4);
});

Deno.test("guided and thresholded samples are the same in any batch size", async () => {
  const drawing = cases["thresholding"];
  assert.ok(furthest(await draw(drawing, 2), await draw(drawing)) < 1e-4);
});
