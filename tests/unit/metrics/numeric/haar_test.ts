/** The wavelet transform: it must keep distances and put what is coarse first, for any image size. */
import assert from "node:assert/strict";
import type { ImageShape } from "../../../../src/metrics/metric.ts";
import { coarseFirst } from "../../../../src/metrics/numeric/haar.ts";
import { noiseImages } from "../synthetic_images.ts";

const shapes: ImageShape[] = [[3, 16, 16], [1, 28, 28], [2, 5, 7], [1, 1, 9], [4, 1, 1], [1, 6, 2]];

for (const shape of shapes) {
  Deno.test(`distances between images of [${shape}] survive the transform`, () => {
    const { data } = noiseImages("haar", 2, shape);
    const width = data.length / 2;
    const squared = (rows: Float32Array) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (rows[i] - rows[width + i]) ** 2;
      return sum;
    };
    const before = squared(data);
    const after = squared(coarseFirst(shape)(data.slice()));
    assert.ok(Math.abs(after - before) < 1e-5 * before, `${before} became ${after}`);
  });
}

Deno.test("a flat image is one number per channel, and they lead", () => {
  const image = new Float32Array(3 * 8 * 8).map((_, i) => [1, -2, 0.5][Math.floor(i / 64)]);
  const transformed = coarseFirst([3, 8, 8])(image);
  [8, -16, 4].forEach((expected, c) => assert.ok(Math.abs(transformed[c] - expected) < 1e-5));
  assert.ok(transformed.slice(3).every((x) => Math.abs(x) < 1e-5));
});
