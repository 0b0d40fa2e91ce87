/** PNG files: lossless, deterministic, and damaged ones refused. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { StageError } from "../../../src/base/errors.ts";
import { decodePng, encodePng } from "../../../src/formats/png.ts";
import { parsePngHeader } from "../../../src/formats/png_structure.ts";

const colour = {
  width: 5,
  height: 3,
  channels: 3,
  data: Uint8Array.from({ length: 45 }, (_, i) => i * 5),
} as const;
const grey = {
  width: 2,
  height: 4,
  channels: 1,
  data: Uint8Array.from({ length: 8 }, (_, i) => i * 30),
} as const;

Deno.test("png: grey and colour survive, and equal pixels give equal bytes", async () => {
  for (const pixels of [colour, grey]) {
    const bytes = await encodePng(pixels);
    assert.deepEqual(await encodePng({ ...pixels, data: pixels.data.slice() }), bytes);
    const { width, height, channels, data } = await decodePng(bytes, "a.png");
    assert.deepEqual({ width, height, channels, data: [...data] }, {
      ...pixels,
      data: [...pixels.data],
    });
    assert.deepEqual(parsePngHeader(bytes.subarray(0, 33), "a.png"), { width, height, channels });
  }
});

Deno.test("png: transparent pixels lie over white", async () => {
  const image = new PNG({ width: 2, height: 1 });
  image.data = Buffer.from([10, 20, 30, 0, 100, 100, 100, 128]);
  const { data } = await decodePng(Uint8Array.from(PNG.sync.write(image)), "t.png");
  assert.deepEqual([...data], [255, 255, 255, 177, 177, 177]);
});

Deno.test("png: pixels that do not fill the image cannot be encoded", async () => {
  await assert.rejects(encodePng({ ...colour, width: 4 }));
  await assert.rejects(encodePng({ width: 0, height: 0, channels: 1, data: new Uint8Array() }));
});

Deno.test("png: foreign, damaged and truncated files are refused by name", async () => {
  const good = await encodePng(colour);
  const huge = good.slice();
  new DataView(huge.buffer).setUint32(16, 1 << 20);
  new DataView(huge.buffer).setUint32(20, 1 << 20);
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(), /not a PNG/],
    [good.with(0, 1), /not a PNG/],
    [good.with(12, 65), /header is damaged/],
    [good.with(25, 7), /colour type.*7/],
    [good.with(48, good[48] ^ 255), /damaged/],
    [good.subarray(0, good.length - 30), /damaged/],
    [huge, /more than \d+ pixels.*1048576 x 1048576/],
  ];
  for (const [bytes, reason] of cases) {
    await assert.rejects(decodePng(bytes, "x.png"), (error) => {
      assert(error instanceof StageError, String(error));
      assert.match(error.message, reason);
      return error.message.includes("x.png");
    });
  }
});
