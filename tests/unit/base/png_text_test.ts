/** Text chunks in PNG files: other readers still read the picture, and find the text. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { PNG } from "pngjs";
import { isPng, pngText, withPngText } from "../../../src/base/png_text.ts";

function picture(width: number, height: number): Uint8Array {
  const png = new PNG({ width, height });
  for (let i = 0; i < png.data.length; i++) png.data[i] = i * 7;
  return Uint8Array.from(PNG.sync.write(png));
}

Deno.test("a text is read back, replaces one of its keyword, and leaves the pixels alone", () => {
  fc.assert(
    fc.property(fc.nat(8), fc.nat(8), fc.stringMatching(/^[\w :-]{0,80}$/), (w, h, text) => {
      const plain = picture(w + 1, h + 1);
      const once = withPngText(withPngText(plain, "bruit:key", "before"), "bruit:key", text);
      assert.equal(pngText(once, "bruit:key"), text);
      assert.equal(pngText(once, "bruit"), undefined);
      assert.equal(once.length, plain.length + 12 + "bruit:key".length + 1 + text.length);
      const [before, after] = [plain, once].map((bytes) => PNG.sync.read(Buffer.from(bytes)));
      assert.deepEqual(after.data, before.data);
    }),
    { numRuns: 30 },
  );
});

Deno.test("the chunk has the checksum that zlib computes", () => {
  const bytes = withPngText(picture(1, 1), "k", "text");
  const at = bytes.length - 12 - (12 + "k\0text".length); // IEND has 12 bytes and comes last
  const view = new DataView(bytes.buffer);
  assert.equal(view.getUint32(at), "k\0text".length);
  const end = at + 8 + "k\0text".length;
  assert.equal(view.getUint32(end), crc32(bytes.subarray(at + 4, end)));
});

Deno.test("texts of several keywords stand beside each other; a keyword must be one", () => {
  const bytes = withPngText(withPngText(picture(2, 2), "bruit:key", "abc"), "Title", "a b");
  assert.deepEqual([pngText(bytes, "bruit:key"), pngText(bytes, "Title")], ["abc", "a b"]);
  assert.deepEqual(withPngText(bytes, "Title", "a b"), bytes);
  for (const keyword of ["", "a\0b", "x".repeat(80)]) {
    assert.throws(() => withPngText(bytes, keyword, "x"), /cannot be a PNG keyword/);
  }
});

Deno.test("what is no PNG or is cut off is refused", () => {
  const bytes = picture(3, 3);
  assert.equal(isPng(bytes), true);
  assert.equal(isPng(bytes.subarray(0, 5)), false);
  assert.throws(() => withPngText(Uint8Array.of(1, 2, 3), "k", "v"), /not a PNG file/);
  for (const length of [9, 30, bytes.length - 1]) {
    assert.throws(() => pngText(bytes.subarray(0, length), "k"), /cut off/);
  }
});
