/** The search for neighbours against a plain one, and what the metric says of copies. */
import assert from "node:assert/strict";
import type { ImageRows, ImageShape } from "../../../src/metrics/metric.ts";
import { takeRows } from "../../../src/metrics/metric.ts";
import { nearestNeighbour } from "../../../src/metrics/nearest_neighbour.ts";
import { searchNeighbours } from "../../../src/metrics/numeric/search.ts";
import { decodePng } from "../../../src/formats/png.ts";
import { metricInput, noiseImages, sourceOf } from "./synthetic_images.ts";

const shape: ImageShape = [2, 5, 6];
const width = 60;
const pause = () => Promise.resolve();
const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-12, `${value}, not ${expected}`);

Deno.test("the search finds what comparing all pairs finds, over several blocks", async () => {
  const training = noiseImages("training", 1100, shape);
  const queries = noiseImages("queries", 9, shape);
  const found = await searchNeighbours({ shape, training: sourceOf(training), pause }, queries);
  for (let q = 0; q < 9; q++) {
    let [best, index] = [Infinity, -1];
    for (let r = 0; r < 1100; r++) {
      let sum = 0;
      for (let i = 0; i < width; i++) {
        sum += (queries.data[q * width + i] - training.data[r * width + i]) ** 2;
      }
      if (sum < best) [best, index] = [sum, r];
    }
    assert.equal(found.indices[q], index);
    assert.ok(Math.abs(found.distances[q] - Math.sqrt(best / width)) < 1e-9);
  }
});

Deno.test("planted copies are found at distance 0; an image that excludes itself finds another", async () => {
  const training = noiseImages("planted", 700, shape);
  const planted = [3, 699, 512, 3];
  const queries = { count: 4, data: takeRows(training.data, width, planted) };
  const source = { shape, training: sourceOf(training), pause };
  const found = await searchNeighbours(source, queries);
  assert.deepEqual([...found.indices], planted);
  assert.deepEqual([...found.distances], [0, 0, 0, 0]);
  const others = await searchNeighbours(source, queries, Int32Array.from(planted));
  others.indices.forEach((index, i) => assert.notEqual(index, planted[i]));
  assert.ok(others.distances.every((distance) => distance > 0));
});

Deno.test("a generator that repeats its training images is told from one that draws new ones", async () => {
  const reference = noiseImages("memory", 300, shape);
  const heldOut = noiseImages("held out", 40, shape);
  const noise = noiseImages("tremor", 40, shape).data;
  const repeated = Array.from({ length: 40 }, (_, i) => 7 * (i % 20));
  const copies = {
    count: 40,
    data: takeRows(reference.data, width, repeated).map((x, i) => x + 0.02 * noise[i]),
  };
  const compute = async (samples: ImageRows) => {
    const input = metricInput(shape, { samples, heldOut, reference }, { pairs: 8 });
    return (await nearestNeighbour.compute(input)).measures;
  };
  const memorised = await compute(copies);
  assert.equal(memorised.closer_than_real.value, 1);
  assert.equal(memorised.distinct_neighbours.value, 0.5);
  assert.ok(memorised.distance.interval![1] < memorised.distance.referenceInterval![0]);
  const fresh = await compute(noiseImages("fresh", 40, shape));
  const [low, high] = fresh.closer_than_real.interval!;
  assert.ok(low < 0.5 && high > 0.5, `${low} to ${high}`);
  near(fresh.closer_than_real.reference, 0.5);
});

Deno.test("distances that tie count half: held-out images against themselves give 0.5, copies or not", async () => {
  const reference = noiseImages("ties", 60, shape);
  const copies = (count: number) => takeRows(reference.data, width, [...Array(count).keys()]);
  const measuresOf = async (samples: ImageRows, heldOut: ImageRows) => {
    const input = metricInput(shape, { samples, heldOut, reference }, { pairs: 2 });
    return (await nearestNeighbour.compute(input)).measures.closer_than_real;
  };
  const copied = { count: 12, data: copies(12) };
  const fresh = noiseImages("no ties", 12, shape);
  // 12 of 16 held-out images are copies: their median distance is 0.
  const mixed = {
    count: 16,
    data: Float32Array.of(...copies(12), ...fresh.data.slice(0, 4 * width)),
  };
  for (const heldOut of [copied, fresh, mixed]) {
    near((await measuresOf(fresh, heldOut)).reference, 0.5);
    near((await measuresOf(heldOut, heldOut)).value, 0.5);
  }
  near((await measuresOf(fresh, copied)).value, 0);
  near((await measuresOf(copied, fresh)).value, 1);
  // Closer than the 4, as close as the 12.
  near((await measuresOf(copied, mixed)).value, (4 + 12 / 2) / 16);
});

Deno.test("the figure shows each sample above its neighbour, nearest first", async () => {
  // Images of one pixel: the grid's colours are the values.
  const training = { count: 3, data: Float32Array.of(10, 100, 200) };
  const samples = { count: 3, data: Float32Array.of(150, 203, 11) };
  const input = metricInput([1, 1, 1], { samples, heldOut: training, reference: training }, {
    pairs: 3,
  });
  const { figures } = await nearestNeighbour.compute(input);
  const png = await decodePng(figures[0].content as Uint8Array, figures[0].file);
  const step = Math.round((png.width - 2) / 3);
  const at = (column: number, row: number) => {
    const [x, y] = [column, row].map((cell) => 2 + cell * step + Math.floor((step - 2) / 2));
    return png.data[(y * png.width + x) * png.channels];
  };
  assert.deepEqual([0, 1, 2].map((column) => at(column, 0)), [11, 203, 150]);
  assert.deepEqual([0, 1, 2].map((column) => at(column, 1)), [10, 200, 100]);
});
