/** The generator inside graphs against its host twin. */
import assert from "node:assert/strict";
import { ndArray } from "../../../src/base/nd_array.ts";
import { normals, randomKey, uniform } from "../../../src/base/random.ts";
import { input } from "../../../src/graph/sources.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import { normalTensor, uniformTensor } from "../../../kernels/layers/mod.ts";

const numbers = [0, 1, 77, 2 ** 33 + 5, 2 ** 40 - 1];
const stream = input("stream", [numbers.length], "uint64");
const feeds = {
  stream: ndArray("uint64", [numbers.length], BigUint64Array.from(numbers, BigInt)),
};
const key = randomKey(5, "test");

Deno.test("uniformTensor is the host's generator bit for bit, with a known key or one fed in", async () => {
  const fed = input("key", [], "uint64");
  const found = await evaluate({
    known: uniformTensor(key, stream, 40, 3),
    fed: uniformTensor(fed, stream, 40, 3),
  }, { ...feeds, key: ndArray("uint64", [], BigUint64Array.of(key)) });
  numbers.forEach((s, row) => {
    for (let e = 0; e < 40; e++) {
      const expected = uniform(key, s, 3 + e);
      assert.equal(found.known.data[row * 40 + e], expected);
      assert.equal(found.fed.data[row * 40 + e], expected);
    }
  });
});

for (const count of [1, 8, 9]) {
  Deno.test(`normalTensor is the host's to rounding, ${count} a stream`, async () => {
    const { y } = await evaluate({ y: normalTensor(key, stream, count) }, feeds);
    assert.deepEqual(y.shape, [numbers.length, count]);
    numbers.forEach((s, row) =>
      normals(key, s, count).forEach((expected, e) =>
        assert.ok(Math.abs(Number(y.data[row * count + e]) - expected) < 3e-6)
      )
    );
  });
}

Deno.test("a stream has no more than 2^24 elements", () => {
  assert.throws(() => uniformTensor(key, stream, 2 ** 24, 1), /elements in one stream/);
});
