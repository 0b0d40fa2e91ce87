/** Slices of volumes: against plain indices, and back where they came from. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addSlices,
  axisNames,
  readSlices,
  sliceCount,
  slicePixels,
  type VolumeSize,
} from "../../../src/programs/volume_slices.ts";

const extent = fc.integer({ min: 1, max: 5 });
const volumes = fc.record({
  channels: fc.integer({ min: 1, max: 3 }),
  size: fc.tuple(extent, extent, extent),
  axis: fc.constantFrom(...axisNames),
});

/** The value at every place says the place: channel, z, y and x as digits. */
function placed(channels: number, [depth, height, width]: VolumeSize): Float64Array {
  const values: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) values.push(1000 * c + 100 * z + 10 * y + x);
      }
    }
  }
  return Float64Array.from(values);
}

Deno.test("a slice has the other two axes in their order", () => {
  fc.assert(fc.property(volumes, ({ channels, size, axis }) => {
    const [rows, columns] = slicePixels(size, axis), count = sliceCount(size, axis);
    const slices = readSlices(placed(channels, size), size, { axis, first: 0, count });
    slices.forEach((value, i) => {
      const column = i % columns, row = Math.floor(i / columns) % rows;
      const c = Math.floor(i / columns / rows) % channels;
      const slice = Math.floor(i / columns / rows / channels);
      const place = { z: [slice, row, column], y: [row, slice, column], x: [row, column, slice] };
      const [z, y, x] = place[axis];
      assert.equal(value, 1000 * c + 100 * z + 10 * y + x);
    });
  }));
});

Deno.test("slices that are added in batches are the volume again", () => {
  fc.assert(fc.property(volumes, extent, ({ channels, size, axis }, length) => {
    const volume = placed(channels, size), back = new Float64Array(volume.length).fill(1);
    for (let first = 0; first < sliceCount(size, axis); first += length) {
      const range = { axis, first, count: Math.min(length, sliceCount(size, axis) - first) };
      const slices = readSlices(volume, size, range, { length, factor: 2 });
      const pixels = channels * slicePixels(size, axis)[0] * slicePixels(size, axis)[1];
      assert.equal(slices.length, length * pixels);
      assert.ok(slices.subarray(range.count * pixels).every((value) => value === 0));
      addSlices(back, size, range, slices, 0.25);
    }
    assert.deepEqual(back, volume.map((value) => 1 + value / 2));
  }));
});
