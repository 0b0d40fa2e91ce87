/** Corruptions: shares, deviations and ranges, and that an image's does not depend on its batch. */
import assert from "node:assert/strict";
import { float32, ndArray } from "../../../src/base/nd_array.ts";
import { choose } from "../../../src/base/table.ts";
import { input } from "../../../src/graph/sources.ts";
import { corrupted, corruptions } from "../../../src/programs/corruptions/table.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";

const shape = [2, 48, 48] as const, size = 2 * 48 * 48;

/** Grey images corrupted: the streams of the batch, and the value of all of their pixels. */
async function corrupt(kind: string, params: object, streams: readonly number[], value = 0.5) {
  const x = input("x", [streams.length, ...shape]);
  const stream = input("stream", [streams.length], "uint64");
  const choice = choose(corruptions, kind, params as Record<string, unknown>);
  const y = corrupted(x, { choice, seed: 5, stream });
  const images = new Float32Array(streams.length * size).fill(value);
  const found = await evaluate({ y }, {
    x: float32([streams.length, ...shape], images),
    stream: ndArray("uint64", [streams.length], BigUint64Array.from(streams, BigInt)),
  });
  return Array.from(found.y.data, Number);
}

const share = (values: readonly number[], of: (value: number) => boolean) =>
  values.filter(of).length / values.length;

for (const [kind] of corruptions) {
  Deno.test(`an image's corruption does not depend on its batch: ${kind}`, async () => {
    const many = await corrupt(kind, {}, [4, 9, 2]), one = await corrupt(kind, {}, [9]);
    assert.deepEqual(many.slice(size, 2 * size), one);
    assert.ok(many.every((value) => value >= 0 && value <= 1));
    if (kind !== "none") assert.notDeepEqual(many.slice(0, size), one);
  });
}

// Deviations of the shares of 9216 values are below 0.0053.
Deno.test("salt and pepper come in equal shares, and the rest stays", async () => {
  const values = await corrupt("salt-and-pepper", { amount: 0.3 }, [0, 1]);
  assert.ok(Math.abs(share(values, (value) => value === 0) - 0.15) < 0.02);
  assert.ok(Math.abs(share(values, (value) => value === 1) - 0.15) < 0.02);
  assert.ok(values.every((value) => value === 0 || value === 1 || value === 0.5));
  const all = await corrupt("salt-and-pepper", { amount: 1 }, [0]);
  assert.equal(share(all, (value) => value === 0.5), 0);
});

Deno.test("masking takes the share that is asked for", async () => {
  const values = await corrupt("masking", { amount: 0.4 }, [0, 1]);
  assert.ok(Math.abs(share(values, (value) => value === 0) - 0.4) < 0.03);
  assert.ok(values.every((value) => value === 0 || value === 0.5));
});

Deno.test("gaussian noise has its deviation, and is clipped unless it may not be", async () => {
  const values = await corrupt("gaussian", { sigma: 0.1 }, [3, 4]);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  assert.ok(Math.abs(mean - 0.5) < 0.005, `${mean}`);
  assert.ok(Math.abs(Math.sqrt(variance) - 0.1) < 0.004, `${variance}`);
  const black = await corrupt("gaussian", { sigma: 0.1 }, [3], 0);
  assert.ok(Math.abs(share(black, (value) => value === 0) - 0.5) < 0.03);
  const free = await corrupt("gaussian", { sigma: 0.1, clip: false }, [3], 0);
  assert.ok(Math.abs(share(free, (value) => value < 0) - 0.5) < 0.03);
});
