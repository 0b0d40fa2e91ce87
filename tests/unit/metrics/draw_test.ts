/** The draw of real images: what is held out is never in the reference, and test images come first. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { randomKey } from "../../../src/base/random.ts";
import { drawDistinct, drawRealImages } from "../../../src/metrics/draw.ts";
import { sourceOf } from "./synthetic_images.ts";

/** One pixel and one label per image, both of which are the image's number. */
const numbered = (count: number, first = 0) => {
  const data = Float32Array.from({ length: count }, (_, i) => first + i);
  return sourceOf({ count, data, labels: data });
};

Deno.test("held-out images and the reference never overlap, whatever the counts", async () => {
  const count = fc.integer({ min: 0, max: 30 });
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 2, max: 40 }),
    count,
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 50 }),
    fc.nat(),
    async (training, test, heldOutCount, referenceCount, seed) => {
      const { heldOut, reference } = await drawRealImages({
        training: numbered(training),
        test: test ? numbered(test, 1000) : undefined,
        heldOutCount,
        referenceCount,
        key: randomKey(seed, "draw"),
      });
      const fromTest = heldOut.data.filter((x) => x >= 1000).length;
      assert.equal(fromTest, Math.min(test, heldOutCount));
      const fromTraining = Math.min(heldOutCount - fromTest, Math.floor(training / 2));
      assert.equal(heldOut.count, fromTest + fromTraining);
      assert.equal(reference.count, Math.min(referenceCount, training - fromTraining));
      assert.deepEqual(heldOut.labels, heldOut.data);
      assert.deepEqual(reference.labels, reference.data);
      const all = [...heldOut.data, ...reference.data];
      assert.equal(new Set(all).size, all.length);
      heldOut.trainingIndex.forEach((index, i) =>
        assert.equal(index, heldOut.data[i] < 1000 ? heldOut.data[i] : -1)
      );
    },
  ));
});

Deno.test("every image is equally likely to be drawn", () => {
  const counts = new Array(10).fill(0);
  for (let stream = 0; stream < 3000; stream++) {
    const drawn = drawDistinct(randomKey(5, "fair"), stream, 3, 10);
    assert.equal(new Set(drawn).size, 3);
    for (const index of drawn) counts[index]++;
  }
  // 900 expected each, standard deviation 25.
  for (const times of counts) assert.ok(Math.abs(times - 900) < 100, `${counts}`);
});

Deno.test("a draw of all is all", () => {
  assert.deepEqual(drawDistinct(randomKey(1, "all"), 0, 5, 5), [0, 1, 2, 3, 4]);
  assert.deepEqual(drawDistinct(randomKey(1, "none"), 0, 0, 5), []);
});
