/** The two-point correlation of phases for which it is known in closed form. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../../src/base/random.ts";
import { twoPointCorrelation } from "../../../../src/metrics/numeric/two_point.ts";

/** One disc in the middle of a square. */
function disc(size: number, radius: number): Uint8Array {
  return Uint8Array.from({ length: size * size }, (_, i) => {
    const [dy, dx] = [Math.floor(i / size) - size / 2, i % size - size / 2];
    return Math.hypot(dy, dx) <= radius ? 1 : 0;
  });
}

/** Area common to two discs of one radius at a distance r. */
const lens = (radius: number, r: number) =>
  2 * radius ** 2 * Math.acos(r / (2 * radius)) - r / 2 * Math.sqrt(4 * radius ** 2 - r ** 2);

for (const periodic of [true, false]) {
  Deno.test(`S2 of one disc is the lens of two discs, ${periodic ? "around" : "within"} the image`, async () => {
    const [size, radius] = [200, 40], longest = 90;
    const s2 = (await twoPointCorrelation({ height: size, width: size, periodic }, longest))(
      disc(size, radius),
    );
    assert.equal(s2.length, longest + 1);
    for (let r = 0; r <= longest; r++) {
      // Within the image there are fewer pairs at longer lags; their mean number over directions:
      const pairs = periodic ? size ** 2 : size ** 2 - 4 * r * size / Math.PI + r ** 2 / Math.PI;
      const expected = r < 2 * radius ? lens(radius, r) / pairs : 0;
      const scale = lens(radius, 0) / size ** 2;
      assert.ok(
        Math.abs(s2[r] - expected) < 0.002 * scale,
        `absolute, r = ${r}: ${s2[r]} for ${expected}`,
      );
      if (r > 1.9 * radius) continue;
      assert.ok(Math.abs(s2[r] / expected - 1) < 0.01, `r = ${r}: ${s2[r]} for ${expected}`);
    }
  });
}

Deno.test("S2(0) is the phase's share, and of independent pixels all others are its square", async () => {
  const size = 256;
  const phase = normals(randomKey(1, "white phase"), 0, size * size).map((x) => x > 0.5 ? 1 : 0);
  const s2 = (await twoPointCorrelation({ height: size, width: size, periodic: true }, 20))(phase);
  const share = phase.reduce((sum, x) => sum + x, 0) / size ** 2;
  assert.ok(Math.abs(s2[0] - share) < 1e-12);
  for (let r = 2; r <= 20; r++) assert.ok(Math.abs(s2[r] - share ** 2) < 0.004, `${r}: ${s2[r]}`);
});

Deno.test("stripes keep their period along the only lag there is", async () => {
  const stripes = Uint8Array.from({ length: 64 }, (_, i) => i % 8 < 4 ? 1 : 0);
  const s2 = (await twoPointCorrelation({ height: 1, width: 64, periodic: true }, 0))(stripes);
  assert.deepEqual([...s2], [0.5]);
  const tall = (await twoPointCorrelation({ height: 64, width: 64, periodic: true }, 16))(
    Uint8Array.from({ length: 4096 }, () => 1),
  );
  tall.forEach((value) => assert.ok(Math.abs(value - 1) < 1e-12));
});
