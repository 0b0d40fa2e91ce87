/** Grains and their neighbours in tilings for which both are known. */
import assert from "node:assert/strict";
import { grainContacts, grainsOf } from "../../../../src/metrics/numeric/grains.ts";

/** A map of zeros on the sides of tiles, given the tile of a pixel. */
function boundaries(
  height: number,
  width: number,
  tileOf: (y: number, x: number) => string,
): Uint8Array {
  return Uint8Array.from({ length: height * width }, (_, i) => {
    const y = Math.floor(i / width), x = i % width;
    const own = tileOf(y, x);
    return own === tileOf((y + 1) % height, x) && own === tileOf(y, (x + 1) % width) ? 1 : 0;
  });
}

/** The neighbours of all grains of a map. */
function neighbourNumbers(map: Uint8Array, height: number, width: number, periodic = true) {
  const extent = { height, width, periodic };
  const grains = grainsOf(map, extent);
  return { grains, ...grainContacts(grains, extent) };
}

Deno.test("squares have four neighbours", () => {
  const map = boundaries(40, 40, (y, x) => `${Math.floor(y / 8)} ${Math.floor(x / 8)}`);
  const { grains, neighbours, atSide } = neighbourNumbers(map, 40, 40);
  assert.equal(grains.count, 25);
  assert.deepEqual([...neighbours], Array(25).fill(4));
  assert.deepEqual([...atSide], Array(25).fill(0));
});

Deno.test("hexagons have six neighbours, and so have bricks in rows", () => {
  // Centres on a lattice of triangles, taken around a torus of 6 x 6 hexagons; 72 / 84 is near sqrt(3) / 2.
  const [height, width, step] = [72, 84, 14];
  const around = (d: number, extent: number) => d - extent * Math.round(d / extent);
  const centres = Array.from({ length: 36 }, (_, i) => {
    const row = Math.floor(i / 6);
    return [row * 12 + 6.5, (i % 6 + row % 2 / 2) * step + 3.2];
  });
  const hexagon = (y: number, x: number) => {
    const distances = centres.map(([cy, cx]) =>
      Math.hypot(around(y - cy, height), around(x - cx, width))
    );
    return String(distances.indexOf(Math.min(...distances)));
  };
  const brick = (y: number, x: number) => {
    const row = Math.floor(y / 12);
    return `${row} ${Math.floor((x + row % 2 * 7) / step) % 6}`;
  };
  for (const tile of [hexagon, brick]) {
    const map = boundaries(height, width, tile);
    const { grains, neighbours } = neighbourNumbers(map, height, width);
    assert.equal(grains.count, 36);
    assert.deepEqual([...neighbours], Array(36).fill(6));
    const open = neighbourNumbers(map, height, width, false);
    const inner = [...open.neighbours].filter((_, grain) => !open.atSide[grain]);
    assert.ok(inner.length > 8);
    assert.deepEqual(new Set(inner), new Set([6]), "grains away from the sides");
  }
});

Deno.test("corners do not connect pixels, and small pieces are no grains", () => {
  const map = Uint8Array.from([1, 0, 0, 0, 1, 1, 0, 1, 1]);
  const extent = { height: 3, width: 3, periodic: false };
  assert.equal(grainsOf(map, extent).count, 2);
  const grains = grainsOf(map, extent, 2);
  assert.deepEqual([grains.count, ...grains.labels], [1, 0, 0, 0, 0, 1, 1, 0, 1, 1]);
  assert.deepEqual([...grainContacts(grains, extent).neighbours], [0]);
});

Deno.test("a map without a grain has none, and a torus joins its sides", () => {
  const extent = { height: 4, width: 4, periodic: true };
  const none = grainsOf(new Uint8Array(16), extent);
  assert.equal(none.count, 0);
  assert.equal(grainContacts(none, extent).neighbours.length, 0);
  const ends = Uint8Array.from({ length: 16 }, (_, i) => i % 4 === 0 || i % 4 === 3 ? 1 : 0);
  assert.equal(grainsOf(ends, extent).count, 1);
  assert.equal(grainsOf(ends, { ...extent, periodic: false }).count, 2);
});

Deno.test("two grains that meet in a single pixel are no neighbours, unless one asks for less", () => {
  const labels = Int32Array.from([1, 1, 3, 1, 2, 2]);
  const extent = { height: 2, width: 3, periodic: false };
  assert.deepEqual([...grainContacts({ count: 3, labels }, extent).neighbours], [1, 1, 0]);
  assert.deepEqual([...grainContacts({ count: 3, labels }, extent, 1).neighbours], [2, 2, 2]);
});
