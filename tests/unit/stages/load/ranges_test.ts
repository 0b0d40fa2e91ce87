/** The extremes by which pictures of stored values are drawn. */
import assert from "node:assert/strict";
import type { ImagesMeta } from "../../../../src/artifacts/images.ts";
import { ValueRanges } from "../../../../src/stages/load/ranges.ts";

const meta: ImagesMeta = {
  shape: [2, 1, 2],
  counts: { train: 2 },
  dtype: "float32",
  channels: ["height", "angle"],
};

function rangesOf(...values: number[]) {
  const ranges = new ValueRanges(meta);
  ranges.add(Float32Array.from(values));
  return ranges.appearance().ranges!;
}

Deno.test("ranges: each channel has its extremes, and one of one value an interval that starts there", () => {
  assert.deepEqual(rangesOf(1, 4, 5, 5, 0, 2, 5, 5), [[0, 4], [5, 6]]);
  for (const value of [-3.4e38, 3.4e38]) {
    const [[low, high]] = rangesOf(value, value, 0, 1);
    assert.equal(low, Math.fround(value));
    assert(low < high && Number.isFinite(high), `${low} to ${high}`);
  }
});
