/** Durations, sizes, numbers and tables as text. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bytesText,
  countText,
  durationText,
  numberText,
  tableText,
} from "../../../src/cli/format.ts";

Deno.test("format: durations at the seams of their units", () => {
  const cases: readonly [ms: number, text: string][] = [
    [0, "0.00 s"],
    [420, "0.42 s"],
    [9_949, "9.95 s"],
    [9_950, "9.9 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min 00 s"],
    [142_000, "2 min 22 s"],
    [3_599_400, "59 min 59 s"],
    [3_599_600, "1 h 00 min"],
    [3_780_000, "1 h 03 min"],
    [90_000_000, "25 h 00 min"],
  ];
  for (const [ms, text] of cases) assert.equal(durationText(ms), text, `${ms}`);
});

Deno.test("format: sizes", () => {
  const cases: readonly [bytes: number, text: string][] = [
    [0, "0 B"],
    [812, "812 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [1_449, "1.4 kB"],
    [9_994, "9.99 kB"],
    [12_345, "12.3 kB"],
    [999_600, "1.0 MB"],
    [275_400_000, "275 MB"],
    [25_276_502_016, "25.3 GB"],
    [5e15, "5000 TB"],
  ];
  for (const [bytes, text] of cases) assert.equal(bytesText(bytes), text, `${bytes}`);
});

Deno.test("format: a size is never off by more than its last digit", () => {
  const factors: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e15 }), (bytes) => {
    const [value, unit] = bytesText(bytes).split(" ");
    assert.ok(Math.abs(Number(value) * factors[unit] - bytes) <= 0.051 * Math.max(bytes, 1));
  }));
});

Deno.test("format: numbers and counts", () => {
  assert.deepEqual([0.042123, 2400, 6.4e-7, -1.5, 1 / 3, 1e12].map(numberText), [
    "0.04212",
    "2400",
    "6.4e-7",
    "-1.5",
    "0.3333",
    "1000000000000",
  ]);
  assert.deepEqual([countText(0, "stage"), countText(1, "stage"), countText(2, "stage")], [
    "0 stages",
    "1 stage",
    "2 stages",
  ]);
});

Deno.test("format: tables", () => {
  assert.equal(tableText([["a", "bb", ""], ["ccc", "d", "e"]]), "a    bb\nccc  d   e\n");
  assert.equal(tableText([["a", "b"], ["long", "c"]], 3), "a  b\nlong  c\n");
  assert.equal(tableText([]), "");
});
