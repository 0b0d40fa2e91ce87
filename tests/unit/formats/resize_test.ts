/** Resizing equals Pillow's, value for value (tests/fixtures/resize.py), and keeps what every filter must keep. */
import assert from "node:assert/strict";
import { StageError } from "../../../src/base/errors.ts";
import {
  type Resize,
  resizeFault,
  resizeFilters,
  resizeFits,
  resizePlanes,
} from "../../../src/formats/resize.ts";
import { luma } from "../../../src/formats/pixels.ts";

interface Case extends Resize {
  readonly data: readonly number[];
}
const fixture = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/resize.json", import.meta.url)),
) as { cases: Case[]; floats: Case[]; luma: number[] };

const H = 13, W = 21;
const image = {
  channels: 3,
  height: H,
  width: W,
  data: Uint8Array.from({ length: 3 * H * W }, (_, i) => {
    const c = Math.floor(i / (H * W)), y = Math.floor(i / W) % H, x = i % W;
    return (7 * x * x + 11 * y * x + 5 * y * (c + 1) + 31 * c) % 256;
  }),
};

for (const filter of resizeFilters) {
  Deno.test(`resize ${filter}: the same bytes as Pillow, in every fit`, () => {
    const cases = fixture.cases.filter((each) => each.filter === filter);
    assert(cases.length >= 5);
    for (const each of cases) {
      const made = resizePlanes(image, each);
      assert.deepEqual([made.height, made.width], [each.height, each.width]);
      assert.deepEqual([...made.data], each.data, `${each.fit} to ${each.height} x ${each.width}`);
    }
  });
}

Deno.test("resize: float32 values are Pillow's to 1e-5", () => {
  const data = Float32Array.from(image.data.slice(0, H * W), (value) => value / 7 - 3);
  for (const each of fixture.floats) {
    const made = resizePlanes({ channels: 1, height: H, width: W, data }, {
      ...each,
      fit: "stretch",
    });
    assert.equal(made.data.length, each.data.length);
    made.data.forEach((value, i) => assert(Math.abs(value - each.data[i]) < 1e-5, each.filter));
  }
});

Deno.test("resize: a constant image stays constant, and the same size stays the same", () => {
  const flat = { channels: 2, height: 9, width: 14, data: new Uint8Array(252).fill(77) };
  for (const filter of resizeFilters) {
    for (const fit of resizeFits) {
      assert.equal(resizePlanes(image, { height: H, width: W, filter, fit }).data, image.data);
      const made = resizePlanes(flat, { height: 18, width: 28, filter, fit });
      assert(made.data.every((value) => value === 77), `${filter} ${fit}`);
    }
  }
});

Deno.test("luma: ITU-R 601-2 weights, rounded as Pillow rounds them", () => {
  const plane = H * W;
  const grey = Array.from(
    { length: plane },
    (_, p) => luma(image.data[p], image.data[plane + p], image.data[2 * plane + p]),
  );
  assert.deepEqual(grey, fixture.luma);
});

Deno.test("resize: sizes that need an array of more than 2^28 values are refused with their numbers", () => {
  const wide = { height: 4096, width: 4096, filter: "box", fit: "stretch" } as const;
  const tall = { channels: 3, height: 65535, width: 1, data: new Uint8Array(3 * 65535) };
  assert.throws(() => resizePlanes(tall, wide), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(
      error.message,
      /resize an image: .*268435456.*1 x 65535 to 4096 x 4096.*805294080/,
    );
    return true;
  });
  // Padding keeps the proportions, so that the rows stay short.
  assert.equal(resizeFault(tall, { ...wide, fit: "pad" }), undefined);
  assert.equal(resizeFault({ channels: 3, height: 8192, width: 8192 }, wide), undefined);
  const line = { channels: 1, height: 1, width: 2 ** 26 };
  const short = { ...wide, height: 1, filter: "lanczos" } as const;
  assert.equal(resizeFault(line, short)?.value, 4096 * (3 * 2 ** 14 * 2 + 1));
  assert.equal(resizeFault(line, { ...short, filter: "nearest" }), undefined);
  assert.equal(resizeFault(line, { ...short, width: 2 ** 26 }), undefined);
});
