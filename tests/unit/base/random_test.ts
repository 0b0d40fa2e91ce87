/** The fast path of the counter-based generator against its definition, and the generator's own facts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  normals,
  permutation,
  randomKey,
  squares32,
  toUniform,
  uniform,
  uniforms,
} from "../../../src/base/random.ts";

const streams = fc.integer({ min: 0, max: 2 ** 40 - 1 });

Deno.test("uniforms equals uniform bit for bit at any key, stream and element", () => {
  fc.assert(fc.property(
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    streams,
    fc.integer({ min: 0, max: 2 ** 24 - 8 }),
    (bits, stream, first) => {
      const key = bits | 1n;
      const fast = uniforms(key, stream, 8, first);
      for (let i = 0; i < 8; i++) assert.equal(fast[i], uniform(key, stream, first + i));
    },
  ));
});

Deno.test("squares32 gives the numbers of an independent computation", () => {
  // x = ctr * key and four rounds, done with Python's integers for the key 0x548c9decbce65297.
  assert.deepEqual(
    [0n, 1n, 2n, 1n << 24n].map((counter) => squares32(counter, 0x548c9decbce65297n)),
    [920159078, 2487686880, 3366515936, 2177490086],
  );
});

Deno.test("uniforms lie in (0, 1], with the mean and variance of a uniform distribution", () => {
  assert.ok(toUniform(0) > 0);
  assert.equal(toUniform(0xffffffff), 1);
  const values = uniforms(randomKey(7, "test"), 0, 200_000);
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  // Five standard errors: 5 sqrt(1/12 / n) and 5 sqrt(1/180 / n).
  assert.ok(Math.abs(mean - 0.5) < 0.0033, `mean ${mean}`);
  assert.ok(Math.abs(variance - 1 / 12) < 0.00084, `variance ${variance}`);
});

Deno.test("normals have mean 0, variance 1 and fourth moment 3, for odd counts too", () => {
  const values = normals(randomKey(7, "test"), 1, 200_001);
  const moment = (power: number) => values.reduce((sum, v) => sum + v ** power, 0) / values.length;
  // Five standard errors of each moment.
  assert.ok(Math.abs(moment(1)) < 0.0112, `mean ${moment(1)}`);
  assert.ok(Math.abs(moment(2) - 1) < 0.0159, `variance ${moment(2)}`);
  assert.ok(Math.abs(moment(4) - 3) < 0.11, `fourth moment ${moment(4)}`);
});

Deno.test("a permutation holds every index once, and streams differ", () => {
  const key = randomKey(1, "shuffle");
  const first = permutation(key, 0, 1000), second = permutation(key, 1, 1000);
  assert.deepEqual([...first].sort((a, b) => a - b), Array.from({ length: 1000 }, (_, i) => i));
  assert.notDeepEqual(first, second);
});
