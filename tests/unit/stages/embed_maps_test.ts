/** Maps of codes. */
import assert from "node:assert/strict";
import { float32 } from "../../../src/base/nd_array.ts";
import { drawsOf, randomKey } from "../../../src/base/random.ts";
import { neighbourMap } from "../../../src/stages/embed/maps.ts";

Deno.test("a neighbour map survives the largest number that can be drawn", async () => {
  // The draw with number 18,960 of this seed is exactly 1.
  const seed = 505, draw = drawsOf(randomKey(seed, "embed/umap"), 0);
  const draws = Array.from({ length: 18_961 }, draw);
  assert.equal(draws.at(-1), 1);
  const codes = float32([60, 3], Array.from({ length: 180 }, (_, i) => Math.sin(i * i)));
  const { points } = await neighbourMap(codes, {
    neighbours: 10,
    min_distance: 0.1,
    seed,
    step() {},
  });
  assert.equal(points.length, 120);
  assert.ok(points.every(Number.isFinite));
});
