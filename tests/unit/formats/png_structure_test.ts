/** Whole PNG files pass, and every flipped byte, every shortened file and every bomb is found without decoding. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32, deflateSync } from "node:zlib";
import { PNG } from "pngjs";
import { decodePng, encodePng } from "../../../src/formats/png.ts";
import { pngDamage } from "../../../src/formats/png_structure.ts";

function chunk(name: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(name), data]);
  const length = Buffer.alloc(4), sum = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A grey file whose image data is what `raw` deflates to. */
function png(
  { width, height, depth = 8, type = 0, interlaced = false }: {
    width: number;
    height: number;
    depth?: number;
    type?: number;
    interlaced?: boolean;
  },
  raw: Uint8Array,
): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const parts = [chunk("IHDR", head), chunk("IDAT", deflateSync(raw)), chunk("IEND", Buffer.of())];
  return Uint8Array.from(Buffer.concat([signature, ...parts]));
}

Deno.test("png structure: whole files of every depth, palette and interlace pass", async () => {
  const data = Uint8Array.from({ length: 9 * 7 * 3 }, (_, i) => i);
  assert.equal(pngDamage(await encodePng({ width: 9, height: 7, channels: 3, data })), undefined);
  const image = new PNG({ width: 5, height: 4 });
  for (const colorType of [0, 2, 4, 6] as const) {
    for (const bitDepth of [8, 16] as const) {
      const bytes = PNG.sync.write(image, { colorType, bitDepth });
      assert.equal(pngDamage(bytes), undefined, `${colorType} ${bitDepth}`);
    }
  }
  assert.equal(pngDamage(png({ width: 9, height: 2, depth: 1 }, new Uint8Array(6))), undefined);
});

Deno.test("png structure: a flipped byte anywhere and any shorter file is found", async () => {
  const data = Uint8Array.from({ length: 6 * 5 }, (_, i) => i * 8);
  const good = await encodePng({ width: 6, height: 5, channels: 1, data });
  for (let at = 8; at < good.length; at++) {
    assert(pngDamage(good.with(at, good[at] ^ 1)), `byte ${at}`);
    assert(pngDamage(good.subarray(0, at)), `cut at ${at}`);
  }
});

Deno.test("png structure: what inflates to more or fewer bytes than the image has is cut and refused", async () => {
  const wrong = /not 12/;
  assert.match(pngDamage(png({ width: 3, height: 3 }, new Uint8Array(11)))!, wrong);
  const bomb = png({ width: 3, height: 3 }, new Uint8Array(1 << 26));
  assert(bomb.length < 70_000);
  assert.match(pngDamage(bomb)!, /cannot be unpacked|not 12/);
  const interlaced = png({ width: 3, height: 3, interlaced: true }, new Uint8Array(1 << 26));
  await assert.rejects(decodePng(interlaced, "bomb.png"), /bomb\.png.*(unpacked|bytes, not)/);
  assert.match(pngDamage(png({ width: 3, height: 3, depth: 7 }, new Uint8Array(12)))!, /bit depth/);
});

Deno.test("png structure: interlaced images are decoded like others", async () => {
  // 2 x 2 pixels: pass 1 has the first, pass 6 the second, pass 7 the lower row.
  const bytes = png(
    { width: 2, height: 2, interlaced: true },
    Uint8Array.of(0, 10, 0, 20, 0, 30, 40),
  );
  assert.equal(pngDamage(bytes), undefined);
  assert.deepEqual([...(await decodePng(bytes, "i.png")).data], [10, 20, 30, 40]);
});
