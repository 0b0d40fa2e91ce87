/** The sampling program: equal to the host's executor, and the same sample in any batch. */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray } from "../../../src/base/nd_array.ts";
import { normals, randomKey } from "../../../src/base/random.ts";
import { choose } from "../../../src/base/table.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { hostStep } from "../../../src/diffusion/samplers/host.ts";
import { stepsOf } from "../../../src/diffusion/samplers/step.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { constant, input } from "../../../src/graph/sources.ts";
import { buildModel } from "../../../src/onnx/model.ts";
import { type Drawn, drawSamples } from "../../../src/programs/draw.ts";
import { Core } from "../../../src/runtime/core.ts";
import { initialize } from "../../../kernels/layers/init.ts";
import { createScope } from "../../../kernels/layers/scope.ts";
import type { Denoiser } from "../../../kernels/models/model.ts";
import { models } from "../../../kernels/models/table.ts";
import { model, process, shape } from "./small.ts";

const SEED = 5;
const size = elementCount(shape);
const definition = models.get(model.kind) as Denoiser;

/** Untrained weights, with the inputs that a declaration of the model lists. */
function randomWeights(): Map<string, NdArray> {
  const scope = createScope();
  definition.apply(scope, { x: input("x", [1, ...shape]), t: input("t", [1]) }, model);
  const values = initialize(scope.collected.parameters, 9);
  return new Map(
    scope.collected.parameters.map(({ name, shape }) => [name, float32(shape, values.get(name)!)]),
  );
}

const weights = randomWeights();

async function draw(
  { kind, count = 5, batchSize = 5, prediction = "epsilon", params = {} }: {
    kind: string;
    count?: number;
    batchSize?: number;
    prediction?: string;
    params?: Record<string, unknown>;
  },
): Promise<Drawn> {
  return await drawSamples({
    spec: { shape, batchSize, model, seed: SEED },
    table: samplerTable(process, choose(samplers, kind, params)),
    prediction: predictions.get(prediction)!,
    weights,
    count,
    device: "cpu",
    precision: "default",
    threads: 1,
    signal: new AbortController().signal,
    progress: () => {},
  });
}

/** The same by the host's executor for one sample, with the network as a plain graph of batch 1. */
async function drawOnHost(sample: number, kind: string, prediction: string, params = {}) {
  const scope = createScope({ resolve: (name) => constant(weights.get(name)!) });
  const inputs = { x: input("x", [1, ...shape]), t: input("t", [1]) };
  const output = definition.apply(scope, inputs, model);
  const { lowerPlain } = await import("../../../kernels/lowering/plain.ts");
  const [plain] = lowerPlain([output]);
  const core = await Core.load(buildModel({ plain }), { device: "cpu", threads: 1 });
  const table = samplerTable(process, choose(samplers, kind, params));
  const start = normals(randomKey(SEED, "sample/start"), sample, size);
  let registers: Float64Array[] = Array.from(
    { length: table.registers },
    () => new Float64Array(size),
  );
  registers[0] = Float64Array.from(start, (value) => table.start * value);
  // The host's executor is synchronous and a session is not: one step at a time.
  for (const [index, step] of stepsOf(table, predictions.get(prediction)!).entries()) {
    const feeds = {
      x: float32([1, ...shape], Float32Array.from(registers[0], (value) => step.scale * value)),
      t: float32([1], [step.timestep]),
    };
    const { plain: { data } } = await core.run({ feeds, fetch: ["plain"] });
    const noise = normals(randomKey(SEED, "sample/step"), sample * 2 ** 16 + index, size);
    ({ registers } = hostStep(step, {
      registers,
      output: Float64Array.from(data as Float32Array),
      noise: () => Float64Array.from(noise),
    }, table.clip));
  }
  await core.release();
  return registers[0];
}

for (const kind of samplers.keys()) {
  for (const prediction of predictions.keys()) {
    Deno.test(`the program of ${kind} over ${prediction} equals the host's executor`, async () => {
      const { samples } = await draw({
        kind,
        prediction,
        count: 2,
        batchSize: 2,
        params: { steps: 10 },
      });
      const expected = await drawOnHost(1, kind, prediction, { steps: 10 });
      expected.forEach((value, i) => {
        const found = samples[size + i];
        assert.ok(
          Math.abs(found - value) <= 1e-4 * Math.max(1, Math.abs(value)),
          `${i}: ${found} ${value}`,
        );
      });
    });
  }
}

Deno.test("sample k is the same in any batch size", async () => {
  const whole = await draw({ kind: "ddpm" });
  const parts = await draw({ kind: "ddpm", batchSize: 2 });
  whole.samples.forEach((value, i) => assert.ok(Math.abs(value - parts.samples[i]) < 1e-4));
});

Deno.test("more samples begin with the fewer ones, bit for bit in equal batches", async () => {
  const few = await draw({ kind: "ddpm", count: 2, batchSize: 2 });
  const many = await draw({ kind: "ddpm", count: 4, batchSize: 2 });
  assert.deepEqual(many.samples.subarray(0, few.samples.length), few.samples);
});

Deno.test("frames end with the samples themselves", async () => {
  const { samples, frames } = await draw({ kind: "ddim", params: { steps: 20 } });
  assert.equal(frames.at(-1)!.step, 20);
  assert.deepEqual(frames.at(-1)!.images, samples.subarray(0, frames.at(-1)!.images.length));
  assert.ok(frames.length >= 8 && frames.length <= 12);
});

Deno.test("an abort ends the drawing", async () => {
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await assert.rejects(
    drawSamples({
      spec: { shape, batchSize: 1, model, seed: SEED },
      table: samplerTable(process, choose(samplers, "ddim", { steps: 5 })),
      prediction: predictions.get("epsilon")!,
      weights,
      count: 1,
      device: "cpu",
      precision: "default",
      threads: 1,
      signal: controller.signal,
      progress: () => {},
    }),
    /enough/,
  );
});
