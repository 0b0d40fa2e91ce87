/** The Frechet distance over many features: exact where they fit, a lower bound that sees all where not. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../../src/base/random.ts";
import { principalDirections } from "../../../../src/metrics/numeric/principal.ts";
import { frechetToRows } from "../../../../src/metrics/numeric/split_frechet.ts";

const COUNT = 300;
const WIDTH = 24;

/** Rows whose column c has the standard deviation scale(c). */
function rows(purpose: string, scale: (c: number) => number): Float32Array {
  return normals(randomKey(9, purpose), 0, COUNT * WIDTH).map((x, i) => scale(i % WIDTH) * x);
}

const falling = (c: number) => 3 / (1 + c);

Deno.test("principal directions are orthonormal and catch the most variance", () => {
  const directions = principalDirections(rows("real", falling), WIDTH, 4);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      let product = 0;
      for (let c = 0; c < WIDTH; c++) {
        product += directions[i * WIDTH + c] * directions[j * WIDTH + c];
      }
      assert.ok(Math.abs(product - Number(i === j)) < 1e-5, `${i} ${j} ${product}`);
    }
  }
  assert.ok(Math.abs(directions[0]) > 0.95, `the first column has the most: ${directions[0]}`);
});

Deno.test("rows of low rank leave zeros in place of directions", () => {
  const line = Float32Array.from({ length: 30 }, (_, i) => Math.floor(i / 3) - 4.5);
  const directions = principalDirections(line, 3, 2);
  directions.slice(0, 3).forEach((x) => assert.ok(Math.abs(Math.abs(x) - Math.sqrt(1 / 3)) < 1e-6));
  assert.deepEqual([...directions.slice(3)].map(Math.abs), [0, 0, 0]);
});

Deno.test("the split distance is at most the whole one, and near it where the rest is alike", () => {
  const real = rows("real", falling);
  const fake = rows("fake", (c) => 1.2 * falling(c)).map((x, i) => x + (i % WIDTH === 0 ? 0.5 : 0));
  const whole = frechetToRows(real, COUNT, WIDTH)(fake)();
  const distances = [1, 4, 12].map((components) => frechetToRows(real, COUNT, components)(fake)());
  for (const distance of distances) assert.ok(distance <= whole + 1e-6, `${distance} > ${whole}`);
  assert.ok(distances[2] > 0.9 * whole, `${distances[2]} of ${whole}`);
});

Deno.test("a change outside of the leading directions is seen", () => {
  const real = rows("real", falling);
  const noisier = real.map((x, i) => (i % WIDTH === WIDTH - 1 ? 10 * x : x));
  const moved = real.map((x, i) => (i % WIDTH === WIDTH - 1 ? x + 2 : x));
  const from = frechetToRows(real, COUNT, 3);
  assert.ok(from(noisier)() > 0.1, `${from(noisier)()}`);
  assert.ok(Math.abs(from(moved)() - 4) < 0.01, `${from(moved)()}`);
});

Deno.test("a set is at distance 0 from itself; weights count as repetitions", () => {
  const real = rows("real", falling);
  for (const components of [3, WIDTH]) {
    const from = frechetToRows(real, COUNT, components);
    assert.ok(Math.abs(from(real)()) < 1e-5);
    const fake = rows("fake", falling);
    const weights = Array.from({ length: COUNT }, (_, i) => (i < 100 ? 3 : 0));
    const repeated = Float32Array.from({ length: fake.length }, (_, i) => fake[i % (100 * WIDTH)]);
    const [weighted, direct] = [from(fake)(weights), from(repeated)()];
    assert.ok(Math.abs(weighted - direct) < 1e-5 * direct, `${weighted} ${direct}`);
  }
});
