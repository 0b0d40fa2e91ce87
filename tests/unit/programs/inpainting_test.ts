/** Sampling that starts from images or keeps part of them, by the program itself. */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray } from "../../../src/base/nd_array.ts";
import { randomKey, uniforms } from "../../../src/base/random.ts";
import { choose } from "../../../src/base/table.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { shortened } from "../../../src/diffusion/samplers/path.ts";
import {
  samplerPath,
  samplers,
  samplerTable,
  tableAlong,
} from "../../../src/diffusion/samplers/table.ts";
import { input } from "../../../src/graph/sources.ts";
import { type DrawOptions, drawSamples } from "../../../src/programs/draw.ts";
import { knownNumbers } from "../../../src/programs/inpainting.ts";
import { imageStart } from "../../../src/programs/starts.ts";
import { initialize } from "../../../kernels/layers/init.ts";
import { createScope } from "../../../kernels/layers/scope.ts";
import type { Denoiser } from "../../../kernels/models/model.ts";
import { models } from "../../../kernels/models/table.ts";
import { model, process, shape } from "./small.ts";

const size = elementCount(shape), [, height, width] = shape;
const images = uniforms(randomKey(4, "images"), 0, 2 * size).map((value) => 2 * value - 1);

function randomWeights(): Map<string, NdArray> {
  const scope = createScope();
  const inputs = { x: input("x", [1, ...shape]), t: input("t", [1]) };
  (models.get(model.kind) as Denoiser).apply(scope, inputs, model);
  const values = initialize(scope.collected.parameters, 9);
  return new Map(
    scope.collected.parameters.map(({ name, shape }) => [name, float32(shape, values.get(name)!)]),
  );
}

const weights = randomWeights();

/** The table for the share `strength` of a sampler's steps. */
function tableOf(kind: string, params: Readonly<Record<string, unknown>>, strength: number) {
  const sampler = choose(samplers, kind, params);
  return tableAlong(shortened(samplerPath(process, sampler), strength), sampler);
}

async function draw(
  kind: string,
  params: Readonly<Record<string, unknown>>,
  more: Partial<DrawOptions> = {},
  strength = 1,
) {
  const table = tableOf(kind, params, strength);
  const { samples } = await drawSamples({
    spec: { shape, batchSize: 2, model, seed: 5 },
    table,
    prediction: predictions.get("v")!,
    weights,
    count: 3,
    device: "cpu",
    precision: "default",
    threads: 1,
    signal: new AbortController().signal,
    progress: () => {},
    ...more,
  });
  return { samples, table };
}

/** The right half is known. */
const mask = Float32Array.from(
  { length: height * width },
  (_, i) => i % width >= width / 2 ? 1 : 0,
);

for (
  const [kind, params] of [["ddpm", {}], ["ddim", {}], ["euler", {}], ["dpmpp-2m", {}]] as const
) {
  Deno.test(`${kind}: known pixels come out as they are, the others are made`, async () => {
    const { samples } = await draw(kind, { steps: 6, ...params }, { known: { images, mask } });
    const { samples: free } = await draw(kind, { steps: 6, ...params });
    let [made, other] = [0, 0];
    for (let k = 0; k < 3; k++) {
      for (let i = 0; i < size; i++) {
        const value = samples[k * size + i], known = images[k % 2 * size + i];
        if (mask[i % (height * width)]) {
          assert.ok(Math.abs(value - known) < 1e-6, `sample ${k}, element ${i}`);
        } else {
          if (Math.abs(value - known) > 1e-3) made++;
          if (Math.abs(value - free[k * size + i]) > 1e-6) other++;
        }
      }
    }
    assert.ok(made > size, "what is masked is not the image");
    assert.ok(other > size, "what is known changes what is made");
  });
}

Deno.test("known numbers are those of the noise after each row", () => {
  const table = samplerTable(process, choose(samplers, "euler", { steps: 3 }));
  const numbers = knownNumbers(table);
  assert.deepEqual(numbers[2], { knownSignal: 1, knownNoise: 0 });
  // x = image + sigma z in the sigma family
  const { alphaCumprod } = table.rows[1];
  assert.ok(Math.abs(numbers[0].knownSignal - 1) < 1e-12);
  const sigma = Math.sqrt((1 - alphaCumprod) / alphaCumprod);
  assert.ok(Math.abs(numbers[0].knownNoise / sigma - 1) < 1e-12);
});

Deno.test("the smaller the strength, the nearer samples stay to the images they start from", async () => {
  const distance = async (strength: number) => {
    const options = {
      table: tableOf("ddim", { steps: 10 }, strength),
      shape,
      seed: 5,
    };
    const start = imageStart(options, images);
    const { samples, table } = await draw("ddim", { steps: 10 }, { start, count: 2 }, strength);
    assert.equal(table.rows.length, Math.floor(10 * strength));
    return Math.sqrt(
      samples.reduce((sum, value, i) => sum + (value - images[i]) ** 2, 0) / samples.length,
    );
  };
  const [near, middle, far] = [await distance(0.1), await distance(0.5), await distance(1)];
  assert.ok(near < 0.5 * middle && middle < far, `${near}, ${middle}, ${far}`);
});
