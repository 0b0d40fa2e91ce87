/** PNG files that are made to mislead a decoder are refused before it sees them; what other readers take is taken. */
import assert from "node:assert/strict";
import { StageError } from "../../../src/base/errors.ts";
import { decodePng } from "../../../src/formats/png.ts";
import { parsePngHeader, pngDamage } from "../../../src/formats/png_structure.ts";
import { chunk, idat, ihdr, pngFile } from "./png_writer.ts";

/** Two pixels, 10 and 20 or entries 0 and 1 of a palette. */
const size = { width: 2, height: 1 };
const grey = ihdr(size), colour = ihdr({ ...size, type: 2 }), indexed = ihdr({ ...size, type: 3 });
const pixels = idat(0, 10, 20), indices = idat(0, 0, 1), rgb = idat(0, 1, 2, 3, 4, 5, 6);
const palette = chunk("PLTE", 1, 2, 3, 4, 5, 6);
const good = pngFile(grey, pixels);

/** Refused by `pngDamage`, for skipping, and by the decoder, with the file. */
async function refuses(bytes: Uint8Array, reason: RegExp) {
  assert.match(pngDamage(bytes) ?? "whole", reason);
  await assert.rejects(decodePng(bytes, "bad.png"), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(error.message, /^Cannot read "bad\.png"/);
    assert.match(error.message, reason);
    return true;
  });
}

async function decoded(bytes: Uint8Array): Promise<number[]> {
  assert.equal(pngDamage(bytes), undefined);
  return [...(await decodePng(bytes, "good.png")).data];
}

Deno.test("png: a second header of another size or interlaced is refused", async () => {
  const large = ihdr({ width: 3, height: 1 });
  await refuses(pngFile(grey, large, idat(0, 1, 2, 3)), /second chunk "IHDR"/);
  await refuses(pngFile(grey, ihdr({ ...size, interlace: 1 }), pixels), /second chunk "IHDR"/);
  await refuses(pngFile(grey, pixels, grey), /second chunk "IHDR"/);
});

Deno.test("png: a palette has 1 to 256 whole colours and comes once, before the image data", async () => {
  for (const length of [0, 5, 769, 771, 3 * 2 ** 12]) {
    const long = chunk("PLTE", ...new Uint8Array(length));
    await refuses(pngFile(indexed, long, indices), new RegExp(`palette has ${length} bytes`));
    await refuses(pngFile(colour, long, rgb), new RegExp(`palette has ${length} bytes`));
  }
  await refuses(pngFile(indexed, indices), /palette does not come before/);
  await refuses(pngFile(indexed, indices, palette), /palette does not come before/);
  await refuses(pngFile(indexed, palette, palette, indices), /second chunk "PLTE"/);
});

Deno.test("png: transparency has the length of its colour type, and its place", async () => {
  await refuses(pngFile(grey, chunk("tRNS", 1), pixels), /transparency has 1 bytes, not 2/);
  await refuses(pngFile(colour, chunk("tRNS", 0, 1), rgb), /transparency has 2 bytes, not 6/);
  const long = chunk("tRNS", 1, 2, 3);
  await refuses(pngFile(indexed, palette, long, indices), /transparency has 3 bytes, not 2/);
  await refuses(pngFile(indexed, chunk("tRNS", 1), palette, indices), /does not stand between/);
  await refuses(pngFile(grey, pixels, chunk("tRNS", 0, 10)), /does not stand between/);
  const twice = chunk("tRNS", 0, 10);
  await refuses(pngFile(grey, twice, twice, pixels), /second chunk "tRNS"/);
});

Deno.test("png: unknown chunks that a reader needs, methods, depths and filters are refused", async () => {
  await refuses(pngFile(grey, chunk("ABCD"), pixels), /chunk "ABCD" is unknown/);
  await refuses(pngFile(grey, chunk("a\0cd"), pixels), /chunk "a\\u0000cd" is unknown/);
  const headers = [
    [{ compression: 1 }, /compression or filter method/],
    [{ filter: 1 }, /compression or filter method/],
    [{ interlace: 2 }, /interlace method 2/],
    [{ type: 2, depth: 4 }, /bit depth 4 does not go with its colour type 2/],
    [{ type: 3, depth: 16 }, /bit depth 16 does not go with its colour type 3/],
  ] as const;
  for (const [header, reason] of headers) {
    const bytes = pngFile(ihdr({ ...size, ...header }), palette, pixels);
    await refuses(bytes, reason);
    assert.throws(() => parsePngHeader(bytes, "bad.png"), reason);
  }
  await refuses(pngFile(grey, idat(5, 10, 20)), /filter 5 of one of its rows/);
  // 1 x 3 pixels: pass 1 has the first row, pass 5 the third, pass 7 the second.
  const adam = ihdr({ width: 1, height: 3, interlace: 1 });
  assert.deepEqual(await decoded(pngFile(adam, idat(4, 1, 0, 3, 0, 2))), [1, 2, 3]);
  await refuses(pngFile(adam, idat(4, 1, 0, 3, 9, 2)), /filter 9/);
  await refuses(pngFile(grey), /no image data/);
});

Deno.test("png: one side may not be longer than 65535 pixels, however short the other is", () => {
  const start = (width: number, height: number) => pngFile(ihdr({ width, height }), pixels);
  assert.equal(parsePngHeader(start(65535, 9), "a.png").width, 65535);
  for (const [width, height] of [[65536, 1], [1, 2 ** 26]]) {
    const reason = new RegExp(`"a\\.png".*sides has more than 65535.*${width} x ${height}`);
    assert.throws(() => parsePngHeader(start(width, height), "a.png"), reason);
  }
});

Deno.test("png: bytes after the end and chunks that do not matter are passed over", async () => {
  assert.deepEqual(await decoded(Uint8Array.of(...good, 1, 2, 3)), [10, 20]);
  assert.deepEqual(await decoded(pngFile(grey, chunk("gAMA"), pixels, chunk("zzZz", 1))), [10, 20]);
  assert.deepEqual(await decoded(pngFile(grey, chunk("IDAT"), pixels, chunk("IDAT"))), [10, 20]);
  const alpha = ihdr({ width: 1, height: 1, type: 4 });
  assert.deepEqual(await decoded(pngFile(alpha, chunk("tRNS", 1), idat(0, 10, 255))), [10]);
});

Deno.test("png: an index beyond the palette is black, as in libpng and Pillow", async () => {
  const beyond = idat(0, 1, 9);
  assert.deepEqual(await decoded(pngFile(indexed, palette, beyond)), [4, 5, 6, 0, 0, 0]);
  const clear = chunk("tRNS", 255, 0);
  assert.deepEqual(
    await decoded(pngFile(indexed, palette, clear, beyond)),
    [255, 255, 255, 0, 0, 0],
  );
});
