/** Shapes and palettes of images: what changes them, what does not, and the search against all pairs. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ImageShape } from "../../../../src/metrics/metric.ts";
import { takeRows } from "../../../../src/metrics/metric.ts";
import { searchAppearances } from "../../../../src/metrics/numeric/appearance_search.ts";
import { paletteCoder, paletteDistance } from "../../../../src/metrics/numeric/palette_code.ts";
import { averagedDown, channelRanges } from "../../../../src/metrics/numeric/reduce.ts";
import { shapeCodes, shapeDistance } from "../../../../src/metrics/numeric/shape_code.ts";
import { metricInput, noiseImages, sourceOf } from "../synthetic_images.ts";

/** One channel, 4 x 4: rows of digits. */
const drawn = (...rows: string[]) => [...rows.join("")].map(Number);
const square: ImageShape = [1, 4, 4];
const shapeOf = (a: number[], b: number[], threshold = 0.1) => {
  const codes = shapeCodes(Float32Array.from([...a, ...b]), square, [9], threshold);
  return shapeDistance(codes, 0, codes, 1, Infinity);
};
const paletteOf = (a: number[], b: number[]) => {
  const codes = paletteCoder(square, [9])(Float32Array.from([...a, ...b]));
  return paletteDistance(codes, 0, codes, 1, Infinity);
};
const box = drawn("0000", "0550", "0550", "0000");

Deno.test("other colours leave the shape, another place leaves the palette", () => {
  const recoloured = drawn("3333", "3993", "3993", "3333");
  assert.equal(shapeOf(box, recoloured), 0);
  assert.ok(paletteOf(box, recoloured) > 0.3);
  const moved = drawn("5500", "5500", "0000", "0000");
  assert.equal(paletteOf(box, moved), 0);
  assert.equal(shapeOf(box, moved), 1);
  // 8 edges and 6, of which 2 are in one place.
  assert.equal(shapeOf(box, drawn("0000", "0055", "0055", "0000")), 1 - 2 / 12);
});

Deno.test("differences up to the threshold are no edges", () => {
  const noisy = box.map((x, i) => x + (i % 2 ? 0.4 : -0.4));
  assert.equal(shapeOf(box, noisy), 0);
  assert.ok(shapeOf(box, noisy, 0.05) > 0);
  assert.equal(shapeOf(drawn("1111", "1111", "1111", "1111"), new Array(16).fill(7)), 0);
  assert.equal(shapeOf(box, new Array(16).fill(7)), 1);
});

Deno.test("a shift of all colours by a share of the range is a palette distance of that share", () => {
  assert.ok(Math.abs(paletteOf(box, box.map((x) => x + 0.9)) - 0.1) < 1e-6);
});

Deno.test("a bound that equals a shape's distance is never taken for one below it", () => {
  const edges = (count: number) => count === 0 ? 0 : -1 >>> (32 - count);
  for (let most = 1; most <= 32; most++) {
    for (let fewest = 0; fewest < most; fewest++) {
      const codes = {
        words: 1,
        bits: Uint32Array.of(edges(most), edges(fewest)),
        set: Uint32Array.of(most, fewest),
      };
      const exact = shapeDistance(codes, 0, codes, 1, Infinity);
      assert.equal(shapeDistance(codes, 0, codes, 1, exact), exact);
      // Just below it, any number above the bound will do.
      const below = exact * (1 - 1e-12);
      assert.ok(shapeDistance(codes, 0, codes, 1, below) > below);
    }
  }
});

Deno.test("a palette is that of all columns, however large the image", () => {
  const distanceAt = (side: number) => {
    const striped = Float32Array.from({ length: side * side }, (_, i) => Number(i % 4 !== 0));
    const codes = paletteCoder([1, side, side], [1])(
      Float32Array.from([...striped, ...new Float32Array(side * side)]),
    );
    return paletteDistance(codes, 0, codes, 1, Infinity);
  };
  // Three quarters are white: the root of their share.
  for (const side of [32, 48, 64, 100, 128, 256, 512]) {
    assert.ok(Math.abs(distanceAt(side) - Math.sqrt(0.75)) < 0.01, `${side}: ${distanceAt(side)}`);
  }
});

Deno.test("both distances are symmetric, and a bound only changes what is above it", () => {
  const shape: ImageShape = [3, 9, 8];
  const { data } = noiseImages("bounds", 20, shape);
  const palettes = paletteCoder(shape, [1, 1, 1])(data);
  const shapes = shapeCodes(data, shape, [1, 1, 1], 0.3);
  const index = fc.nat(19);
  fc.assert(fc.property(index, index, fc.double({ min: 0, max: 1, noNaN: true }), (i, j, bound) => {
    const measured: ((i: number, j: number, bound: number) => number)[] = [
      (i, j, bound) => shapeDistance(shapes, i, shapes, j, bound),
      (i, j, bound) => paletteDistance(palettes, i, palettes, j, bound),
    ];
    for (const distance of measured) {
      const exact = distance(i, j, Infinity);
      assert.equal(distance(j, i, Infinity), exact);
      if (exact <= bound) assert.equal(distance(i, j, bound), exact);
      else assert.ok(distance(i, j, bound) > bound);
    }
  }));
});

Deno.test("edges are counted pixel by pixel", () => {
  const shape: ImageShape = [2, 5, 7];
  const { data } = noiseImages("edges", 3, shape);
  const { set } = shapeCodes(data, shape, [2, 3], 0.2);
  for (let n = 0; n < 3; n++) {
    let edges = 0;
    const at = (c: number, y: number, x: number) => data[n * 70 + c * 35 + y * 7 + x];
    const differ = (y: number, x: number, v: number, u: number) =>
      Math.sqrt(
        (((at(0, y, x) - at(0, v, u)) / 2) ** 2 + ((at(1, y, x) - at(1, v, u)) / 3) ** 2) / 2,
      );
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 7; x++) {
        if (x < 6 && differ(y, x, y, x + 1) > 0.2) edges++;
        if (y < 4 && differ(y, x, y + 1, x) > 0.2) edges++;
      }
    }
    assert.equal(set[n], edges);
  }
});

Deno.test("the search finds what all pairs give; planted images at 0, themselves excluded", async () => {
  const shape: ImageShape = [2, 6, 6];
  const width = 72;
  const training = noiseImages("appearance training", 700, shape);
  const fresh = noiseImages("appearance queries", 5, shape);
  const planted = takeRows(training.data, width, [3, 650]);
  const queries = { count: 7, data: new Float32Array([...fresh.data, ...planted]) };
  const input = metricInput(shape, { samples: queries, heldOut: queries, reference: training }, {});
  const [found] = await searchAppearances(input, [{ images: queries }], 0.2);
  const ranges = channelRanges(training, shape);
  const all = new Float32Array([...queries.data, ...training.data]);
  const shapes = shapeCodes(all, shape, ranges, 0.2);
  const palettes = paletteCoder(shape, ranges)(all);
  for (let q = 0; q < 7; q++) {
    const pairs = Array.from({ length: 700 }, (_, r) => ({
      r,
      shape: shapeDistance(shapes, q, shapes, 7 + r, Infinity),
      palette: paletteDistance(palettes, q, palettes, 7 + r, Infinity),
    }));
    const byShape = pairs.toSorted((a, b) => a.shape - b.shape || a.palette - b.palette)[0];
    const byPalette = pairs.toSorted((a, b) => a.palette - b.palette)[0];
    assert.equal(found.byShape.indices[q], byShape.r);
    assert.equal(found.byShape.distances[q], byShape.shape);
    assert.equal(found.paletteOfShape[q], byShape.palette);
    assert.equal(found.byPalette.indices[q], byPalette.r);
    assert.equal(found.byPalette.distances[q], byPalette.palette);
  }
  assert.deepEqual([...found.byShape.indices.slice(5)], [3, 650]);
  assert.deepEqual([...found.byPalette.distances.slice(5)], [0, 0]);
  const exclude = Int32Array.from([-1, -1, -1, -1, -1, 3, 650]);
  const [same, others] = await searchAppearances(
    input,
    [{ images: fresh }, { images: queries, exclude }],
    0.2,
  );
  assert.deepEqual(same.byShape.indices, found.byShape.indices.slice(0, 5));
  assert.ok(others.byShape.indices[5] !== 3 && others.byPalette.indices[6] !== 650);
});

Deno.test("averaging down keeps means, and small images as they are", () => {
  const large = noiseImages("large", 2, [3, 10, 13]);
  const { shape, data } = averagedDown(large.data, [3, 10, 13], 5);
  assert.deepEqual(shape, [3, 3, 4]);
  let sum = 0;
  for (let y = 3; y < 6; y++) for (let x = 6; x < 9; x++) sum += large.data[130 + y * 13 + x];
  assert.ok(Math.abs(data[12 + 4 + 2] - sum / 9) < 1e-6);
  assert.equal(averagedDown(large.data, [3, 10, 13], 13).data, large.data);
  assert.deepEqual(channelRanges({ count: 2, data: Float32Array.of(1, 5, 5, 9) }, [2, 1, 1]), [
    4,
    4,
  ]);
  assert.deepEqual(channelRanges({ count: 1, data: Float32Array.of(3, 3) }, [1, 1, 2]), [1]);
});

Deno.test("training images are read once, in blocks", async () => {
  const shape: ImageShape = [1, 4, 4];
  const reference = noiseImages("blocks", 1100, shape);
  const reads: number[] = [];
  const source = sourceOf(reference);
  const training = {
    ...source,
    rows: (start: number, count: number) => (reads.push(start, count), source.rows(start, count)),
  };
  const input = metricInput(shape, { samples: reference, heldOut: reference, reference }, {});
  const images = { count: 1, data: reference.data.slice(0, 16) };
  await searchAppearances({ ...input, training }, [{ images }, { images }], 0.1);
  assert.deepEqual(reads, [0, 512, 512, 512, 1024, 76]);
});
