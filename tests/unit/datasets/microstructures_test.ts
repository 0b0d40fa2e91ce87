/** Microstructures: channels and numbers as announced, cells that are those of their seeds, seeds that keep away. */
import assert from "node:assert/strict";
import { microstructures } from "../../../datasets/mod.ts";
import { cellCutter } from "../../../datasets/microstructures_cells.ts";
import { drawSeeds, seedSchema } from "../../../datasets/microstructures_seeds.ts";
import { ParamError } from "../../../src/base/errors.ts";
import { drawsOf, randomKey } from "../../../src/base/random.ts";
import { grainContacts, grainsOf } from "../../../src/metrics/numeric/grains.ts";
import { make } from "./make.ts";

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: ArrayLike<number>) => {
  const centre = mean(values);
  return Math.sqrt(mean(Array.from(values, (value) => (value - centre) ** 2)));
};
const correlation = (a: number[], b: number[]) => {
  const [meanA, meanB] = [mean(a), mean(b)];
  return mean(a.map((x, i) => (x - meanA) * (b[i] - meanB))) / deviation(a) / deviation(b);
};

/** Channels and numbers of some images. */
async function images(written: object, count: number) {
  const params = microstructures.params.parse(written) as Parameters<
    typeof microstructures.shape
  >[0];
  const { images, labels } = await make(microstructures, params, { count });
  const plane = params.size ** 2;
  return Array.from({ length: count }, (_, n) => ({
    size: params.size,
    channels: [0, 1, 2].map((c) => images.slice((3 * n + c) * plane, (3 * n + c + 1) * plane)),
    z: [...labels.slice(4 * n, 4 * n + 4)],
  }));
}

Deno.test("microstructures: Z is measured on the channels, and varies", async () => {
  const made = await images({}, 60);
  for (const { channels: [m, g, o], z } of made) {
    assert.ok(Math.abs(mean(g) - z[0]) < 1e-4);
    assert.ok(Math.abs(deviation(g) - z[1]) < 1e-4);
    assert.ok(Math.abs(mean(o) - z[2]) < 1e-4);
    assert.ok(m.every((value) => value >= 0 && value <= 1));
    assert.ok(g.every((value) => value > 0));
    assert.ok(o.every((value) => value >= 0 && value < Math.PI));
    // A grain is one diameter and one orientation: as many pairs of the two as there are orientations.
    assert.equal(new Set(Array.from(o, (value, i) => `${value} ${g[i]}`)).size, new Set(o).size);
  }
  for (let column = 0; column < 4; column++) {
    const values = made.map(({ z }) => z[column]);
    assert.ok(deviation(values) > 0.05 * mean(values), `column ${column} says something`);
  }
});

Deno.test("microstructures: mean G falls with the number of grains, neighbours are those in M", async () => {
  const made = await images({ seeds: "hard-core", grains: [8, 40], boundary: 1 }, 40);
  const grains = made.map(({ channels }) => new Set(channels[2]).size);
  assert.ok(correlation(grains, made.map(({ z }) => z[0])) < -0.85);
  const seen = made.map(({ channels: [m], size }) => {
    const extent = { height: size, width: size, periodic: false };
    const map = grainsOf(m.map((value) => value > 0.5 ? 1 : 0), extent, 2);
    return mean(grainContacts(map, extent).neighbours);
  });
  const stated = made.map(({ z }) => z[3]);
  assert.ok(correlation(seen, stated) > 0.9, `${correlation(seen, stated)}`);
  // Sides shorter than two pixels are not seen.
  assert.ok(Math.abs(mean(seen) - mean(stated)) < 0.2, `${mean(seen)} ${mean(stated)}`);
});

Deno.test("microstructures: periodic grains have six neighbours on average, and tile", async () => {
  const made = await images({ periodic: true, grains: [30, 50], size: 32 }, 20);
  const across: number[] = [], within: number[] = [];
  for (const { channels: [, g, o], z, size } of made) {
    assert.ok(Math.abs(z[3] - 6) < 0.15, `${z[3]}`);
    // Cells fill the square: the sum of the areas that G tells, once per grain, is that of the square.
    const areas = new Map([...o].map((orientation, i) => [orientation, Math.PI * (g[i] / 2) ** 2]));
    const filled = [...areas.values()].reduce((sum, area) => sum + area, 0);
    assert.ok(filled <= size ** 2 + 0.1 && filled > 0.97 * size ** 2, `${filled}`);
    for (let row = 0; row < o.length; row += size) {
      across.push(o[row] === o[row + size - 1] ? 1 : 0);
      within.push(o[row + 15] === o[row + 16] ? 1 : 0);
    }
  }
  assert.ok(Math.abs(mean(across) - mean(within)) < 0.1, `${mean(across)} ${mean(within)}`);
  assert.ok(mean(across) > 0.5, "a pixel at the right is often in the grain at the left");
});

Deno.test("microstructures: one to three grains, and no boundary at all", async () => {
  for (const periodic of [true, false]) {
    for (
      const { channels: [m, g], z } of await images({ size: 16, grains: [1, 3], periodic }, 30)
    ) {
      assert.ok([...m, ...g, ...z].every(Number.isFinite));
    }
  }
  const [{ channels: [m] }] = await images({ boundary: 0 }, 1);
  assert.deepEqual(new Set(m), new Set([1]));
});

Deno.test("microstructures: grains smaller than what can be drawn are refused with the parameter", () => {
  const params = (written: object) => microstructures.params.parse(written);
  assert.throws(
    () => microstructures.shape(params({ size: 16, grains: [10, 60] }) as never),
    (error) =>
      error instanceof ParamError && error.path.join(".") === "dataset.grains" &&
      /at most 28 in 16 x 16/.test(error.reason),
  );
  assert.throws(() => params({ grains: [60, 10] }), /low <= high/);
  assert.throws(() => params({ seeds: { kind: "hard-core", distance: 0.9 } }));
  assert.throws(() => params({ seeds: "matern" }));
});

Deno.test("cells: four squares and their sides", async () => {
  const seeds = Float64Array.of(2, 2, 6, 2, 2, 6, 6.001, 6.001);
  const cells = (await cellCutter(8, false))(seeds);
  for (const area of cells.areas) assert.ok(Math.abs(area - 16) < 0.02, `${area}`);
  const found: number[][] = [];
  cells.eachPixel((pixel, cell, distance) => found[pixel] = [cell, distance]);
  assert.deepEqual(found.map(([cell]) => cell).slice(0, 8), [0, 0, 0, 0, 1, 1, 1, 1]);
  [3.5, 2.5, 1.5, 0.5, 0.5].forEach((distance, x) =>
    assert.ok(Math.abs(found[x][1] - distance) < 1e-9, `${x}: ${found[x][1]}`)
  );
});

Deno.test("cells: every pixel belongs to the nearest seed, around the sides where they are the same", async () => {
  const size = 24;
  for (const periodic of [true, false]) {
    const draw = drawsOf(randomKey(3, "cells"), 0);
    const seeds = drawSeeds(seedSchema.parse(undefined), { size, expected: 12, periodic }, draw);
    const around = (d: number) => periodic ? d - size * Math.round(d / size) : d;
    (await cellCutter(size, periodic))(seeds).eachPixel((pixel, cell) => {
      const distances = Array.from({ length: seeds.length / 2 }, (_, i) =>
        Math.hypot(
          around(seeds[2 * i] - pixel % size - 0.5),
          around(seeds[2 * i + 1] - Math.floor(pixel / size) - 0.5),
        ));
      assert.ok(distances[cell] <= Math.min(...distances) + 1e-9);
    });
  }
});

Deno.test("seeds: Poisson in number, or a distance apart", () => {
  const square = { size: 100, expected: 40, periodic: true };
  const sets = (seeds: unknown, rounds: number) =>
    Array.from(
      { length: rounds },
      (_, i) => drawSeeds(seedSchema.parse(seeds), square, drawsOf(randomKey(5, "seeds"), i)),
    );
  const counts = sets("poisson", 400).map((points) => points.length / 2);
  assert.ok(Math.abs(mean(counts) - 40) < 5 * Math.sqrt(40 / 400));
  assert.ok(Math.abs(deviation(counts) ** 2 / 40 - 1) < 0.35, "variance of a Poisson number");
  for (const points of sets({ kind: "hard-core", distance: 0.75 }, 20)) {
    assert.equal(points.length / 2, 40, "all are placed");
    const around = (d: number) => d - 100 * Math.round(d / 100);
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < i; j++) {
        const [dx, dy] = [0, 1].map((k) => around(points[2 * i + k] - points[2 * j + k]));
        assert.ok(Math.hypot(dx, dy) >= 0.75 * 100 / Math.sqrt(40) - 1e-9);
      }
    }
  }
});
