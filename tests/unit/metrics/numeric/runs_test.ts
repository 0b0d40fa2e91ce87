/** Runs of a phase by hand, and the lineal path of overlapping discs against its closed form. */
import assert from "node:assert/strict";
import { randomKey, uniforms } from "../../../../src/base/random.ts";
import { chordLengths, linealPath, phaseRuns } from "../../../../src/metrics/numeric/runs.ts";

const pattern = [
  ...[1, 1, 0, 1, 0, 1],
  ...[0, 1, 1, 1, 0, 0],
  ...[1, 1, 1, 1, 1, 1],
];

Deno.test("runs are whole between two ends, cut at the image's sides", () => {
  const [rows] = phaseRuns(pattern, { height: 3, width: 6, periodic: false });
  assert.deepEqual([...rows.whole], [0, 1, 0, 1, 0, 0, 0]);
  assert.deepEqual([...rows.cut], [0, 1, 1, 0, 0, 0, 1]);
  assert.equal(rows.endless, 0);
});

Deno.test("on a torus, runs go on at the other side, and a full line has no end", () => {
  const [rows, columns] = phaseRuns(pattern, { height: 3, width: 6, periodic: true });
  assert.deepEqual([...rows.whole], [0, 1, 0, 2, 0, 0, 0]);
  assert.deepEqual([...rows.cut], [0, 0, 0, 0, 0, 0, 0]);
  assert.equal(rows.endless, 1);
  assert.deepEqual([columns.endless, ...columns.whole], [2, 0, 1, 3, 0]);
});

Deno.test("chord lengths of stripes are their widths; cut chords are left out", () => {
  const stripes = Array.from({ length: 4 * 16 }, (_, i) => i % 16 % 5 < 3 ? 1 : 0);
  const chords = chordLengths(phaseRuns(stripes, { height: 4, width: 16, periodic: false }));
  // Columns 0-2, 5-7, 10-12 and 15: the first and the last reach the sides; along columns all do.
  assert.deepEqual([...chords].flatMap((count, length) => count ? [[length, count]] : []), [[
    3,
    8,
  ]]);
});

Deno.test("the lineal path by hand: segments within runs over segments within the image", () => {
  const path = linealPath(
    phaseRuns([1, 1, 1, 0, 1, 1], { height: 1, width: 6, periodic: false }),
    0,
  );
  assert.ok(Math.abs(path[0] - 10 / 12) < 1e-12, "both axes: 5 of 6 pixels each");
  const [along] = phaseRuns([1, 1, 1, 0, 1, 1], { height: 1, width: 6, periodic: false });
  assert.deepEqual([...linealPath([along], 3)], [5 / 6, 3 / 5, 1 / 4, 0]);
  const [around] = phaseRuns([1, 1, 1, 0, 1, 1], { height: 1, width: 6, periodic: true });
  assert.deepEqual([...linealPath([around], 5)], [5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0]);
  const [full] = phaseRuns([1, 1, 1], { height: 1, width: 3, periodic: true });
  assert.deepEqual([...linealPath([full], 2)], [1, 1, 1]);
});

Deno.test("the matrix between overlapping discs: L(r) = exp(-density (pi R^2 + 2 r R))", () => {
  const [size, radius, density] = [7000, 40, 5e-5];
  const matrix = new Uint8Array(size * size).fill(1);
  // The discs' centres lie up to a radius outside, so that the sides of the image are like its middle.
  const reach = size + 2 * radius;
  const count = Math.round(density * reach ** 2);
  const places = uniforms(randomKey(1, "discs"), 0, 2 * count);
  for (let i = 0; i < count; i++) {
    const [cy, cx] = [places[2 * i] * reach - radius, places[2 * i + 1] * reach - radius];
    for (let y = Math.max(0, Math.ceil(cy - radius)); y < Math.min(size, cy + radius); y++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (y - cy) ** 2));
      const from = Math.max(0, Math.ceil(cx - half)),
        to = Math.min(size, Math.floor(cx + half) + 1);
      if (from < to) matrix.fill(0, y * size + from, y * size + to);
    }
  }
  const longest = 400;
  const path = linealPath(
    phaseRuns(matrix, { height: size, width: size, periodic: false }),
    longest,
  );
  let worst = 0;
  for (let r = 0; r <= longest; r += 10) {
    const expected = -density * (Math.PI * radius ** 2 + 2 * r * radius);
    worst = Math.max(worst, Math.abs(Math.log(path[r]) / expected - 1));
  }
  assert.ok(worst < 0.08, `error of the logarithm ${worst}`);
});
