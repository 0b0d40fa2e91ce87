/** The kernel distance against its definition, and that it has no bias. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../../src/base/random.ts";
import { kernelDistanceFrom } from "../../../../src/metrics/numeric/kernel_distance.ts";

const pause = () => Promise.resolve();
const rows = (purpose: string, count: number, width: number) =>
  normals(randomKey(4, purpose), 0, count * width);

function kernel(x: Float32Array, i: number, y: Float32Array, j: number, width: number): number {
  let product = 0;
  for (let c = 0; c < width; c++) product += x[i * width + c] * y[j * width + c];
  return (product / width + 1) ** 3;
}

function mean(m: number, n: number, value: (i: number, j: number) => number | undefined): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const term = value(i, j);
      if (term !== undefined) [sum, count] = [sum + term, count + 1];
    }
  }
  return sum / count;
}

function definition(x: Float32Array, y: Float32Array, width: number): number {
  const [m, n] = [x.length / width, y.length / width];
  const other = (a: Float32Array, b: Float32Array) => (i: number, j: number) =>
    i === j ? undefined : kernel(a, i, b, j, width);
  const cross = m === n ? other(x, y) : (i: number, j: number) => kernel(x, i, y, j, width);
  return mean(m, m, other(x, x)) + mean(n, n, other(y, y)) - 2 * mean(m, n, cross);
}

Deno.test("it is its definition, for sets of one size and of two, over several blocks", async () => {
  const y = rows("y", 150, 8);
  const from = await kernelDistanceFrom(y, 8, pause);
  for (const count of [150, 140, 20]) {
    const x = rows("x", count, 8);
    const { value } = await from(x, []);
    assert.ok(Math.abs(value - definition(x, y, 8)) < 1e-6, `${count}: ${value}`);
  }
});

Deno.test("a set against itself is 0", async () => {
  const y = rows("y", 130, 64);
  const { value } = await (await kernelDistanceFrom(y, 64, pause))(y, []);
  assert.ok(Math.abs(value) < 1e-9, `${value}`);
});

Deno.test("a resample is measured as the rows that it repeats", async () => {
  const [x, y] = [rows("x", 12, 5), rows("y", 30, 5)];
  const counts = Uint16Array.of(0, 3, 1, 1, 0, 2, 1, 0, 1, 1, 2, 0);
  const repeated = Float32Array.from(
    [...counts].flatMap((times, i) =>
      Array.from({ length: times }, () => [...x.subarray(i * 5, i * 5 + 5)]).flat()
    ),
  );
  const from = await kernelDistanceFrom(y, 5, pause);
  const { value, resampled } = await from(x, [counts, new Uint16Array(12).fill(1)]);
  const direct = (await from(repeated, [])).value;
  assert.ok(Math.abs(resampled[0] - direct) < 1e-6, `${resampled[0]} ${direct}`);
  assert.ok(Math.abs(resampled[1] - value) < 1e-9);
});

Deno.test("two sets of one distribution: the mean of many small comparisons is 0, not above", async () => {
  const from = await kernelDistanceFrom(rows("fixed", 2000, 4), 4, pause);
  const values: number[] = [];
  for (let r = 0; r < 200; r++) values.push((await from(rows(`small ${r}`, 10, 4), [])).value);
  const average = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - average) ** 2, 0) / (values.length - 1);
  const error = Math.sqrt(squares / values.length);
  // The fixed set itself has been drawn, too: its own luck adds about as much as 2000 rows do.
  assert.ok(Math.abs(average) < 4 * error, `${average} +- ${error}`);
  const apart = await from(rows("moved", 10, 4).map((x) => x + 1), []);
  assert.ok(apart.value > 20 * error, `${apart.value}`);
});
