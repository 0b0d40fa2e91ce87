/** The random net: fixed, the same for an image in any company, fit for any size. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../../src/base/random.ts";
import type { ImageShape } from "../../../../src/metrics/metric.ts";
import { FEATURE_COUNT, randomFeatures } from "../../../../src/metrics/numeric/random_features.ts";
import { noiseImages } from "../synthetic_images.ts";

const pause = () => Promise.resolve();

for (const shape of [[3, 16, 16], [1, 28, 28], [2, 5, 7], [1, 1, 1], [3, 70, 40]] as ImageShape[]) {
  Deno.test(`images of [${shape}] have ${FEATURE_COUNT} finite features that differ`, async () => {
    const features = await randomFeatures(noiseImages("features", 3, shape), shape, pause);
    assert.equal(features.length, 3 * FEATURE_COUNT);
    assert.ok(features.every((x) => Number.isFinite(x) && x >= 0));
    assert.notDeepEqual(
      features.slice(0, FEATURE_COUNT),
      features.slice(FEATURE_COUNT, 2 * FEATURE_COUNT),
    );
  });
}

Deno.test("an image's features do not depend on the others or on the block it falls into", async () => {
  const shape: ImageShape = [1, 6, 6];
  const all = noiseImages("blocks", 259, shape);
  const together = await randomFeatures(all, shape, pause);
  const alone = await randomFeatures({ count: 1, data: all.data.slice(258 * 36) }, shape, pause);
  // Tiles and edges of the product add in the same order, so even the bits agree.
  assert.deepEqual(alone, together.slice(258 * FEATURE_COUNT));
});

Deno.test("the features are those of the net in the file's header, written out plainly", async () => {
  const shape: ImageShape = [2, 4, 4];
  const images = noiseImages("plain", 1, shape);
  const features = await randomFeatures(images, shape, pause);
  let maps = Array.from({ length: 2 }, (_, c) => images.data.slice(c * 16, (c + 1) * 16));
  [[16, 4], [32, 2], [64, 1]].forEach(([outputs, size], layer) => {
    maps = plainLayer(maps, size, outputs, layer);
  });
  maps.forEach(([expected], i) => assert.ok(Math.abs(features[i] - expected) < 1e-5));
});

/** A 3x3 convolution with zeros around, ReLU, and the mean of each 2x2 square (of the one pixel at size 1). */
function plainLayer(maps: Float32Array[], size: number, outputs: number, layer: number) {
  const depth = 9 * maps.length + 1;
  const weights = normals(randomKey(0, "random features"), layer, outputs * depth);
  const scale = Math.sqrt(2 / (depth - 1));
  const half = Math.max(1, size / 2);
  return Array.from({ length: outputs }, (_, o) => {
    const pooled = new Float32Array(half * half);
    for (let p = 0; p < size * size; p++) {
      const [y, x] = [Math.floor(p / size), p % size];
      let sum = 0.1 * weights[o * depth + depth - 1];
      for (let tap = 0; tap < 9; tap++) {
        const [v, u] = [y + Math.floor(tap / 3) - 1, x + tap % 3 - 1];
        if (v < 0 || v >= size || u < 0 || u >= size) continue;
        maps.forEach((map, c) => {
          sum += scale * weights[o * depth + tap * maps.length + c] * map[v * size + u];
        });
      }
      const cell = size === 1 ? 0 : Math.floor(y / 2) * half + Math.floor(x / 2);
      pooled[cell] += Math.max(0, sum) / (size === 1 ? 1 : 4);
    }
    return pooled;
  });
}
