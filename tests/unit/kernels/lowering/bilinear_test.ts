/** The tables of bilinear algorithms, in float64 against the convolution written out. No graph, no engine. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AxisConvolution,
  type Bilinear,
  bilinear,
  hasOwnScheme,
  largestTile,
  type Precision,
} from "../../../../kernels/lowering/cpu/bilinear.ts";
import { chooseTables } from "../../../../kernels/lowering/cpu/choose.ts";
import type { Matrix } from "../../../../kernels/lowering/cpu/matrix.ts";

const precisions = ["high", "default", "fast"] as const;

/** Any convolution along an axis with kernel 1 to 7, stride 1 to 3 and uneven padding that has an output. */
const axes: fc.Arbitrary<AxisConvolution> = fc.record({
  size: fc.integer({ min: 1, max: 33 }),
  kernel: fc.integer({ min: 1, max: 7 }),
  stride: fc.integer({ min: 1, max: 3 }),
  before: fc.integer({ min: -2, max: 6 }),
  after: fc.integer({ min: 0, max: 6 }),
}).filter(({ size, kernel, before, after }) => size + before + after >= kernel)
  .map(({ size, kernel, stride, before, after }) => ({
    kind: "convolution",
    size,
    kernel,
    stride,
    before,
    outputSize: Math.floor((size + before + after - kernel) / stride) + 1,
  }));

const numbers = (count: number) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1));

function apply({ rows, columns, data }: Matrix, x: Float64Array): Float64Array {
  return Float64Array.from(
    { length: rows },
    (_, i) => x.reduce((sum, value, j) => sum + data[i * columns + j] * value, 0),
  );
}

/** TO ((TF w) . (TI x)), the filter's products repeated over the tiles. */
function byTable(table: Bilinear, w: Float64Array, x: Float64Array): Float64Array {
  const filter = apply(table.filter, w);
  const input = apply(table.input!, x);
  return apply(
    table.output,
    input.map((value, row) => value * filter[Math.floor(row / table.tiles)]),
  );
}

function directly(axis: AxisConvolution, w: Float64Array, x: Float64Array): Float64Array {
  const { outputSize, stride, before } = axis;
  return Float64Array.from(
    { length: outputSize },
    (_, i) => w.reduce((sum, weight, k) => sum + weight * (x[stride * i + k - before] ?? 0), 0),
  );
}

for (const precision of precisions) {
  Deno.test(`every table of precision ${precision} is the convolution it states`, () => {
    fc.assert(fc.property(axes, fc.integer({ min: 1, max: 9 }), (axis, wanted) => {
      const m = Math.min(wanted, largestTile(axis, precision));
      const table = bilinear(axis, precision, m);
      const [w, x] = [numbers(axis.kernel), numbers(axis.size)];
      const [found, expected] = [byTable(table, w, x), directly(axis, w, x)];
      found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${value}`));
      assert.equal(table.input!.rows, table.products * table.tiles);
    }));
  });
}

const same = (size: number, kernel = 3): AxisConvolution => ({
  kind: "convolution",
  size,
  outputSize: size,
  kernel,
  stride: 1,
  before: (kernel - 1) / 2,
});

const productsOf = (axis: AxisConvolution, precision: Precision) =>
  chooseTables({ down: axis, across: axis, images: 64, channels: 64, outputs: 64 }, precision).down
    .products;

Deno.test("the measured schemes are the ones that are chosen", () => {
  assert.equal(productsOf(same(16), "high"), 4, "F(2, 3)");
  for (const size of [4, 8, 16, 32, 64]) {
    assert.equal(productsOf(same(size), "default"), 6, "F(4, 3)");
  }
  assert.equal(productsOf(same(16), "fast"), 10, "F(8, 3)");
  assert.equal(productsOf(same(8), "fast"), 6, "F(4, 3): below 16 larger tiles were no gain");
  assert.equal(productsOf(same(2), "default"), 3, "the scheme of size 2");
  assert.ok(hasOwnScheme(same(2)) && !hasOwnScheme(same(2, 5)));
});

Deno.test("no choice takes more products than taps, nor a section of more points than its precision", () => {
  fc.assert(fc.property(axes, fc.constantFrom(...precisions), (axis, precision) => {
    const table =
      chooseTables({ down: axis, across: axis, images: 64, channels: 64, outputs: 64 }, precision)
        .down;
    const padded = table.tiles * Math.ceil(axis.outputSize / table.tiles);
    assert.ok(table.products * table.tiles <= axis.kernel * padded);
    const largest = Math.max(...table.filter.data.map(Math.abs));
    assert.ok(precision !== "high" || largest <= 1, "F(2, 3) and below have small factors");
  }));
});
