/** The autocorrelation against sums over pairs of pixels written out, at sizes that are no powers of two. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { autocorrelator } from "../../../../src/metrics/numeric/autocorrelation.ts";

Deno.test("the autocorrelation of a small torus, by hand", async () => {
  const correlate = await autocorrelator({ height: 3, width: 3, periodic: true });
  const { shape, data } = correlate([1, 1, 0, 0, 0, 1, 1, 1, 0]);
  assert.deepEqual(shape, [3, 3]);
  const expected = [3, 2, 3, 2, 5, 2, 3, 2, 3];
  data.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-12, `${i}: ${value}`));
});

/** The sum of f(x) f(x + d) as it is defined. */
function pairSum(
  image: readonly number[],
  [h, w]: [number, number],
  [dy, dx]: [number, number],
  periodic: boolean,
) {
  let sum = 0;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [v, u] = periodic ? [(y + dy + h) % h, (x + dx + w) % w] : [y + dy, x + dx];
      if (v >= 0 && v < h && u >= 0 && u < w) sum += image[y * w + x] * image[v * w + u];
    }
  }
  return sum;
}

Deno.test("every lag is the sum over its pairs, whatever the size", async () => {
  const cases = fc.record({
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    periodic: fc.boolean(),
    values: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 81, maxLength: 81 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ height, width, periodic, values }) => {
      const image = values.slice(0, height * width);
      const { shape, data } = (await autocorrelator({ height, width, periodic }))(image);
      assert.deepEqual(shape, periodic ? [height, width] : [2 * height - 1, 2 * width - 1]);
      data.forEach((value, i) => {
        const lag: [number, number] = [
          Math.floor(i / shape[1]) - Math.floor(shape[0] / 2),
          i % shape[1] - Math.floor(shape[1] / 2),
        ];
        const expected = pairSum(image, [height, width], lag, periodic);
        assert.ok(Math.abs(value - expected) < 1e-9, `${lag}: ${value} for ${expected}`);
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("an image whose transform would fill the memory is refused", async () => {
  await assert.rejects(
    autocorrelator({ height: 7000, width: 7000, periodic: false }),
    /7000 x 7000/,
  );
});
