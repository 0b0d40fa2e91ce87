/** What the metric says of generators that copy, that recolour, that rearrange, and that draw anew. */
import assert from "node:assert/strict";
import { randomInteger, randomKey } from "../../../src/base/random.ts";
import { decodePng } from "../../../src/formats/png.ts";
import { memorisation } from "../../../src/metrics/memorisation.ts";
import type { ImageRows, ImageShape } from "../../../src/metrics/metric.ts";
import { metricInput } from "./synthetic_images.ts";

const shape: ImageShape = [3, 8, 8];

/** Drawings: cells of 2 x 2 pixels in one of 4 colours. The number is the drawing, `paint` chooses the colours. */
function drawings(first: number, count: number, paint: (i: number) => number): ImageRows {
  const [cells, colours] = [randomKey(1, "cells"), randomKey(1, "colours")];
  const data = new Float32Array(count * 192);
  for (let i = 0; i < count; i++) {
    for (let pixel = 0; pixel < 64; pixel++) {
      const cell = 4 * Math.floor(pixel / 16) + Math.floor(pixel % 8 / 2);
      const colour = randomInteger(cells, first + i, cell, 4);
      for (let c = 0; c < 3; c++) {
        const value = randomInteger(colours, paint(i), 3 * colour + c, 256);
        data[i * 192 + c * 64 + pixel] = value / 127.5 - 1;
      }
    }
  }
  return { count, data };
}

const reference = drawings(0, 300, (i) => i);
const heldOut = drawings(1000, 40, (i) => 1000 + i);

const measured = async (samples: ImageRows) => {
  const input = metricInput(shape, { samples, heldOut, reference }, { edge: 0.02, shown: 8 });
  return await memorisation.compute(input);
};

Deno.test("copies are copied: known shapes in their own colours", async () => {
  const { measures } = await measured({ count: 40, data: reference.data.slice(0, 40 * 192) });
  assert.equal(measures.shape_distance.value, 0);
  assert.equal(measures.palette_distance.value, 0);
  assert.equal(measures.copied.value, 1);
  assert.equal(measures.recoloured.value, 0);
  assert.ok(measures.copied.referenceInterval![1] < 0.2);
  // One of the held-out drawings happens to have a training image's edges.
  assert.ok(measures.shape_closer_than_real.value > 0.95);
});

Deno.test("known drawings in new colours are recoloured: shapes recalled, palettes not", async () => {
  const { measures } = await measured(drawings(20, 40, (i) => 5000 + i));
  assert.ok(measures.shape_closer_than_real.value > 0.95);
  assert.ok(measures.recoloured.value > 0.85, `${measures.recoloured.value}`);
  assert.ok(measures.copied.value < 0.15);
  const [low, high] = measures.palette_closer_than_real.interval!;
  assert.ok(low < 0.6 && high > 0.4, `${low} ${high}`);
});

Deno.test("known colours in new drawings: palettes recalled, shapes not", async () => {
  const { measures } = await measured(drawings(2000, 40, (i) => 20 + i));
  assert.ok(measures.palette_closer_than_real.interval![0] > 0.5);
  const [low, high] = measures.shape_closer_than_real.interval!;
  assert.ok(low < 0.5 && high > 0.5, `${low} ${high}`);
  assert.ok(measures.recoloured.value + measures.copied.value < 0.2);
});

Deno.test("new drawings in new colours are like held-out images", async () => {
  const { measures } = await measured(drawings(3000, 40, (i) => 3000 + i));
  for (const name of ["shape_closer_than_real", "palette_closer_than_real"]) {
    const [low, high] = measures[name].interval!;
    assert.ok(low < 0.5 && high > 0.5, `${name} ${low} ${high}`);
    assert.ok(Math.abs(measures[name].reference - 0.5) < 1e-12);
  }
  assert.ok(measures.copied.value <= 0.1);
});

Deno.test("the sheet has each sample above its nearest by shape and its nearest by palette", async () => {
  // Images of 1 x 2 pixels: an edge or none, and two greys.
  const images = (...pairs: [number, number][]) => ({
    count: pairs.length,
    data: Float32Array.from(pairs.flat()),
  });
  const training = images([200, 200], [0, 250], [90, 10]);
  const samples = images([10, 100], [60, 60]);
  const input = metricInput([1, 1, 2], { samples, heldOut: training, reference: training }, {
    edge: 0.1,
    shown: 2,
  });
  const { figures } = await memorisation.compute(input);
  assert.deepEqual(figures.map(({ file }) => file), [
    "memorisation.png",
    "memorisation-shape.svg",
    "memorisation-palette.svg",
  ]);
  const png = await decodePng(figures[0].content as Uint8Array, "sheet");
  // Two columns and three rows, gaps of 2 pixels, an image of 1 x 2 pixels scaled by the grid.
  const scale = (png.width - 6) / 4;
  const at = (column: number, row: number, pixel: number) => {
    const x = 2 + column * (2 * scale + 2) + pixel * scale + Math.floor(scale / 2);
    const y = 2 + row * (scale + 2) + Math.floor(scale / 2);
    return png.data[(y * png.width + x) * png.channels];
  };
  const column = (c: number) => [0, 1, 2].map((row) => [at(c, row, 0), at(c, row, 1)]);
  assert.deepEqual(column(0), [[10, 100], [90, 10], [90, 10]]);
  assert.deepEqual(column(1), [[60, 60], [200, 200], [90, 10]]);
});
