/** Volumes from a 2D model: exact denoisers give the known moments, one slice is the image that is drawn in 2D. */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray } from "../../../src/base/nd_array.ts";
import { normals, randomKey } from "../../../src/base/random.ts";
import { choose } from "../../../src/base/table.ts";
import { guidanceScales } from "../../../src/diffusion/guidance.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { mixtureOf, noiseProcess } from "../../../src/diffusion/process.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import { input } from "../../../src/graph/sources.ts";
import { drawSamples } from "../../../src/programs/draw.ts";
import { SliceDenoiser } from "../../../src/programs/slice_denoiser.ts";
import { drawVolumes, type SliceBatch, type VolumeOptions } from "../../../src/programs/volume.ts";
import { axisNames, readSlices, sliceCount } from "../../../src/programs/volume_slices.ts";
import { initialize } from "../../../kernels/layers/init.ts";
import { createScope } from "../../../kernels/layers/scope.ts";
import type { Denoiser } from "../../../kernels/models/model.ts";
import { models } from "../../../kernels/models/table.ts";
import { process, shape } from "./small.ts";

const SEED = 5, WIDTH = 2;
const prediction = predictions.get("v")!;
const model = choose(models, "film-unet", { channels: [16, 16] });
const tableOf = (kind: string, params = {}) =>
  samplerTable(process, choose(samplers, kind, params));

/** A process that ends in noise alone, which that of `small.ts` does not. */
const whole = noiseProcess(choose(schedules, "cosine", { timesteps: 200 }));

const common = {
  channels: 1,
  size: [20, 20, 20],
  prediction: predictions.get("x0")!,
  axes: axisNames,
  denoising: "averaged",
  seed: SEED,
  count: 1,
  batchSize: 8,
  signal: new AbortController().signal,
  progress: () => {},
} as const satisfies Partial<VolumeOptions>;

/** The exact x0 of independent voxels N(mean, deviation^2), given what a table's row says of the noise. */
const gaussian =
  (table: VolumeOptions["table"], mean: number, deviation: number) =>
  ({ row, images }: SliceBatch) => {
    const { signal, noise } = mixtureOf(table.rows[row].alphaCumprod);
    const gain = signal * deviation ** 2 / (signal ** 2 * deviation ** 2 + noise ** 2);
    return Promise.resolve(images.data.map((x) => mean + gain * (x - signal * mean)));
  };

for (const denoising of ["alternating", "averaged"] as const) {
  for (const kind of ["ddim", "euler", "dpmpp-2m", "dpmpp-sde"]) {
    Deno.test(`${kind}, ${denoising}: independent voxels have their moments in the cuts along all axes`, async () => {
      const unclipped = kind === "ddim" ? { clip_sample: false } : {};
      const table = samplerTable(whole, choose(samplers, kind, { steps: 100, ...unclipped }));
      const denoise = gaussian(table, 0.3, 0.5);
      const volume = await drawVolumes({ ...common, denoising, table, denoise });
      for (const axis of axisNames) {
        const slices = readSlices(volume, common.size, { axis, first: 0, count: 20 });
        let [sum, squares, neighbours] = [0, 0, 0];
        slices.forEach((value, i) => {
          sum += value - 0.3;
          squares += (value - 0.3) ** 2;
          // The same pixel of the next slice.
          if (i + 400 < slices.length) neighbours += (value - 0.3) * (slices[i + 400] - 0.3);
        });
        assert.ok(Math.abs(sum / 8000) < 0.02, `mean ${sum / 8000}`);
        // In 100 steps dpmpp-sde loses 5% of the variance, in 2D as here.
        const share = kind === "dpmpp-sde" ? 0.08 : 0.05;
        assert.ok(Math.abs(squares / 8000 - 0.25) < 0.25 * share, `variance ${squares / 8000}`);
        assert.ok(Math.abs(neighbours / 7600) < 0.01, `covariance ${neighbours / 7600}`);
      }
    });
  }
}

Deno.test("the axes take turns, or are all asked, and the answers' mean is the step", async () => {
  const answers = { z: 1, y: 2, x: 6 };
  const table = tableOf("ddim", { steps: 5, clip_sample: false });
  const asked = async (denoising: "alternating" | "averaged") => {
    const calls: string[] = [];
    const volume = await drawVolumes({
      ...common,
      size: [2, 3, 4],
      batchSize: 2,
      denoising,
      table,
      denoise({ axis, row, images }) {
        calls.push(`${row}${axis}${images.shape[0]}`);
        return Promise.resolve(images.data.map(() => answers[axis]));
      },
    });
    return { calls, volume };
  };
  // The last step ends at x0 itself.
  const alternating = await asked("alternating");
  assert.deepEqual(
    alternating.calls.join(" "),
    "0z2 1y2 1y2 2x2 2x2 3z2 4y2 4y2",
  );
  assert.ok(alternating.volume.every((value) => Math.abs(value - 2) < 1e-3));
  const averaged = await asked("averaged");
  assert.equal(averaged.calls.slice(0, 5).join(" "), "0z2 0y2 0y2 0x2 0x2");
  assert.ok(averaged.volume.every((value) => Math.abs(value - 3) < 1e-3));
});

/** Untrained weights whose modulations heed the condition. */
const weights = randomWeights();

function randomWeights(): Map<string, NdArray> {
  const scope = createScope();
  const inputs = {
    x: input("x", [1, ...shape]),
    t: input("t", [1]),
    condition: input("condition", [1, WIDTH]),
  };
  (models.get(model.kind) as Denoiser).apply(scope, inputs, model);
  const { parameters } = scope.collected;
  const values = initialize(parameters, 9);
  const valuesOf = (name: string) =>
    name.includes("film")
      ? normals(randomKey(1, name), 0, values.get(name)!.length).map((z) => z / 4)
      : values.get(name)!;
  return new Map(parameters.map(({ name, shape }) => [name, float32(shape, valuesOf(name))]));
}

const conditions = () => float32([2, WIDTH], [1, -0.5, 0, 2]);
const guidanceOf = (table: VolumeOptions["table"]) => ({
  scales: guidanceScales(table, { scale: 3 }),
  rescale: 0.5,
  negative: [0, 0],
});

/** Volumes of the untrained model. */
async function drawn(
  table: VolumeOptions["table"],
  changes: Partial<VolumeOptions> & { readonly guided?: boolean } = {},
): Promise<Float32Array> {
  const { guided, ...others } = changes;
  using denoiser = new SliceDenoiser({
    spec: { model, conditionWidth: WIDTH },
    weights,
    conditions: conditions(),
    ...(guided ? { guidance: guidanceOf(table) } : {}),
    device: "cpu",
    precision: "high",
    threads: 1,
  });
  return await drawVolumes({
    ...common,
    channels: shape[0],
    size: [8, 8, 8],
    prediction,
    table,
    denoise: (slices) => denoiser.denoise(slices),
    ...others,
  });
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

for (const kind of samplers.keys()) {
  Deno.test(`${kind}: a volume of one slice is the image that is drawn in 2D`, async () => {
    const table = tableOf(kind, { steps: 10 });
    const guided = kind === "ddim";
    const { samples } = await drawSamples({
      spec: { shape, batchSize: 2, model, seed: SEED, conditionWidth: WIDTH },
      table,
      prediction,
      weights,
      conditions: conditions(),
      ...(guided ? { guidance: guidanceOf(table) } : {}),
      count: 2,
      device: "cpu",
      precision: "high",
      threads: 1,
      signal: common.signal,
      progress: () => {},
    });
    const volumes = await drawn(table, { size: [1, 8, 8], axes: ["z"], count: 2, guided });
    assert.equal(volumes.length, 2 * elementCount(shape));
    const most = Math.max(1, furthest(samples, new Float32Array(samples.length)));
    assert.ok(furthest(volumes, samples) / most < 1e-4, `${furthest(volumes, samples)} of ${most}`);
  });
}

Deno.test("volumes are the same again, in other batches, and beside others", async () => {
  const table = tableOf("ddpm", { steps: 6 });
  const once = await drawn(table, { count: 2 });
  assert.deepEqual(await drawn(table, { count: 2 }), once);
  assert.deepEqual(await drawn(table), once.subarray(0, once.length / 2));
  assert.ok(furthest(await drawn(table, { count: 2, batchSize: 3 }), once) < 1e-4);
  const other = await drawn(table, { count: 2, seed: SEED + 1 });
  assert.ok(furthest(other, once) > 0.1);
});

Deno.test("slices of each shape have a program of their own", async () => {
  const table = tableOf("ddim", { steps: 3 });
  const shapes = new Set<string>();
  using denoiser = new SliceDenoiser({
    spec: { model, conditionWidth: WIDTH },
    weights,
    conditions: conditions(),
    device: "cpu",
    precision: "high",
    threads: 1,
  });
  const volume = await drawVolumes({
    ...common,
    channels: shape[0],
    size: [8, 10, 12],
    prediction,
    table,
    denoise(slices) {
      shapes.add(String(slices.images.shape));
      assert.ok(slices.images.shape[0] <= common.batchSize);
      return denoiser.denoise(slices);
    },
  });
  assert.deepEqual([...shapes], ["8,3,10,12", "5,3,8,12", "6,3,8,10"]);
  assert.ok(volume.every(Number.isFinite));
  assert.equal(sliceCount([8, 10, 12], "x"), 12);
});

Deno.test("an abort ends the drawing between two batches of slices", async () => {
  const controller = new AbortController();
  let batches = 0;
  const drawing = drawVolumes({
    ...common,
    table: tableOf("ddim", { steps: 5 }),
    signal: controller.signal,
    denoise({ images }) {
      if (++batches === 2) controller.abort(new Error("enough"));
      return Promise.resolve(images.data);
    },
  });
  await assert.rejects(drawing, /enough/);
  assert.equal(batches, 2);
});
