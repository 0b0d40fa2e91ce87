/** The sliced Wasserstein distance where it is known: on the line, under shifts, against itself. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ImageShape } from "../../../src/metrics/metric.ts";
import { squaredTransport } from "../../../src/metrics/compute/sliced_wasserstein.ts";
import { slicedWasserstein } from "../../../src/metrics/sliced_wasserstein.ts";
import { metricInput, noiseImages } from "./synthetic_images.ts";

const shape: ImageShape = [1, 6, 6];

Deno.test("on the line, unequal counts and weights are those of repeated points", () => {
  const points = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 6 });
  const weight = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(points, points, fc.array(weight, { minLength: 6, maxLength: 6 }), (a, b, w) => {
      const ascending = (values: number[]) => Float32Array.from(values).sort();
      const weights = a.map((_, i) => w[i]);
      const total = weights.reduce((sum, x) => sum + x, 0);
      fc.pre(total > 0);
      const sorted = ascending(a);
      // Both as lists of total * b.length equal masses, matched in order.
      const left = [...sorted].flatMap((x, i) => Array(weights[i] * b.length).fill(x));
      const right = [...ascending(b)].flatMap((x) => Array(total).fill(x));
      const expected = left.reduce((sum, x, i) => sum + (x - right[i]) ** 2, 0) / left.length;
      const squared = squaredTransport(sorted, weights, ascending(b));
      assert.ok(Math.abs(squared - expected) < 1e-9 * (1 + expected));
    }),
  );
});

Deno.test("a shift of all pixels by d is at distance d, to the error of finitely many directions", async () => {
  const reference = noiseImages("shift", 60, shape);
  const samples = { count: 60, data: reference.data.map((x) => x + 0.25) };
  const sets = { samples, heldOut: reference, reference };
  const { measures } = await slicedWasserstein.compute(
    metricInput(shape, sets, { projections: 500 }),
  );
  // The relative standard error of the mean of squared normal numbers is sqrt(2 / 500) = 6%, half of it in the root.
  assert.ok(Math.abs(measures.distance.value / 0.25 - 1) < 0.1, `${measures.distance.value}`);
  assert.equal(measures.distance.reference, 0, "the reference against itself");
});

Deno.test("order and repetition of the images do not matter", async () => {
  const reference = noiseImages("order", 20, shape);
  const reversed = new Float32Array(2 * reference.data.length);
  for (let i = 0; i < 40; i++) {
    reversed.set(reference.data.subarray((i % 20) * 36, (i % 20 + 1) * 36), (39 - i) * 36);
  }
  const sets = { samples: { count: 40, data: reversed }, heldOut: reference, reference };
  const { measures } = await slicedWasserstein.compute(
    metricInput(shape, sets, { projections: 16 }),
  );
  assert.equal(measures.distance.value, 0);
});
