/** Metrics over features of choice: what the choices mean, and what the metrics say of good and bad generators. */
import assert from "node:assert/strict";
import { choose, tableOf } from "../../../src/base/table.ts";
import { ParamError, StageError } from "../../../src/base/errors.ts";
import type { ImageRows, ImageShape, Metric } from "../../../src/metrics/metric.ts";
import { featuresOf } from "../../../src/metrics/compute/features.ts";
import * as barrel from "../../../src/metrics/mod.ts";
import { metricInput, noiseImages } from "./synthetic_images.ts";

const table = tableOf<Metric>(barrel);
const shape: ImageShape = [2, 6, 5];
const reference = noiseImages("reference", 120, shape);
const heldOut = noiseImages("held out", 60, shape);
const fresh = noiseImages("fresh", 60, shape);
const over = ["frechet", "kernel-distance", "precision-recall"];

const computed = async (kind: string, samples: ImageRows, features: string, more = {}) => {
  const params = choose(table, kind, { features });
  const input = { ...metricInput(shape, { samples, heldOut, reference }, params), ...more };
  return (await table.get(kind)!.compute(input)).measures;
};

Deno.test("pixels keep all distances between images", async () => {
  const params = { features: "pixels" } as const;
  const input = metricInput(shape, { samples: fresh, heldOut, reference }, params);
  const rows = await featuresOf(input)(fresh);
  const squared = (data: Float32Array) =>
    data.slice(0, 60).reduce((sum, x, i) => sum + (x - data[60 + i]) ** 2, 0);
  assert.equal(rows.length, fresh.data.length);
  assert.ok(Math.abs(squared(rows) - squared(fresh.data)) < 1e-3);
});

Deno.test("pixels of large images are averaged down to 32 a side", async () => {
  const large: ImageShape = [1, 70, 64];
  const images = noiseImages("large", 2, large);
  const input = metricInput(
    large,
    { samples: images, heldOut, reference },
    {
      features: "pixels",
    } as const,
  );
  const rows = await featuresOf(input)(images);
  assert.equal(rows.length, 2 * 23 * 21);
});

for (const kind of over) {
  Deno.test(`${kind}: a classifier must be connected, and is asked then`, async () => {
    const metric = table.get(kind)!;
    const params = choose(table, kind, { features: "classifier" });
    assert.throws(() => metric.check!(params, { shape }), ParamError);
    metric.check!(params, { shape, classified: true });
    metric.check!(choose(table, kind), { shape });
    await assert.rejects(computed(kind, fresh, "classifier"), (error) => {
      assert.ok(error instanceof StageError);
      assert.match(error.message, /no classifier is connected.*\n.*input `classifier`/);
      return true;
    });
    const asked: number[] = [];
    const classifier = ({ count, data }: ImageRows) => {
      asked.push(count);
      return Promise.resolve(Float32Array.from({ length: 4 * count }, (_, i) => data[15 * i]));
    };
    await computed(kind, fresh, "classifier", { classifier });
    assert.deepEqual(asked.toSorted((a, b) => a - b), [60, 60, 120]);
  });
}

for (const features of ["random", "pixels"]) {
  for (const kind of ["frechet", "kernel-distance"]) {
    Deno.test(`${kind} over ${features}: new images are as near as held-out ones, brighter ones are not`, async () => {
      const { distance: near } = await computed(kind, fresh, features);
      const [low, high] = near.interval!;
      assert.ok(low < near.referenceInterval![1] && high > near.referenceInterval![0]);
      const brighter = { count: 60, data: fresh.data.map((x) => 2 * x + 1) };
      const { distance: far } = await computed(kind, brighter, features);
      assert.ok(far.interval![0] > far.referenceInterval![1], `${far.value} ${far.reference}`);
    });
  }

  Deno.test(`precision-recall over ${features}: one image repeated is precise, and recalls little`, async () => {
    const one = reference.data.subarray(0, 60);
    const tremor = noiseImages("tremor", 60, shape).data;
    const collapsed = { count: 60, data: tremor.map((x, i) => one[i % 60] + 0.001 * x) };
    const found = await computed("precision-recall", collapsed, features);
    assert.equal(found.precision.value, 1);
    const usual = found.density.reference;
    assert.ok(usual > 0.4 && usual < 2, `about 1 for real images: ${usual}`);
    assert.ok(
      found.recall.value < 0.1 && found.recall.reference > 0.4,
      `${found.recall.reference}`,
    );
    assert.ok(found.coverage.value < 0.3 && found.coverage.reference > 0.4);
    const alien = { count: 60, data: fresh.data.map((x) => 5 + 3 * x) };
    const outside = await computed("precision-recall", alien, features);
    assert.equal(outside.precision.value, 0);
    assert.equal(outside.density.value, 0);
  });
}

Deno.test("precision-recall: fewer images than neighbours are refused with what to do", async () => {
  const few = { count: 5, data: fresh.data.slice(0, 300) };
  await assert.rejects(computed("precision-recall", few, "pixels"), (error) => {
    assert.ok(error instanceof StageError);
    assert.match(error.message, /k = 5.*too few of the samples.*is 5\n.*smaller `k`/);
    return true;
  });
});
