/** JPEG files: decoded to Pillow's pixels (tests/fixtures/jpeg.py); damaged, foreign and lying ones are refused. */
import assert from "node:assert/strict";
import { StageError } from "../../../src/base/errors.ts";
import { decodeJpeg } from "../../../src/formats/jpeg.ts";
import { jpegDamage, readJpegHeader } from "../../../src/formats/jpeg_header.ts";
import { TemporaryFolder } from "./temporary.ts";

const fixture = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/jpeg.json", import.meta.url)),
) as {
  width: number;
  height: number;
  cases: Record<string, { file: string; channels: 1 | 3; pixels: string }>;
  cmyk: string;
};
const { width, height } = fixture;
const bytesOf = (base64: string) => Uint8Array.fromBase64(base64);
const good = bytesOf(fixture.cases.baseline.file);

/** Reads a header from bytes, through a file. */
function headerOf(bytes: Uint8Array) {
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("a.jpg"), bytes);
  return readJpegHeader(folder.file("a.jpg"));
}

function refuses(bytes: Uint8Array, reason: RegExp) {
  assert.throws(() => headerOf(bytes), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(error.message, /a\.jpg/);
    assert.match(error.message, reason);
    return true;
  });
}

for (const [name, { file, channels, pixels }] of Object.entries(fixture.cases)) {
  Deno.test(`jpeg ${name}: Pillow's pixels, bit for bit`, async () => {
    const bytes = bytesOf(file);
    const header = headerOf(bytes);
    assert.deepEqual(header, { width, height, channels });
    assert.equal(jpegDamage(bytes), undefined);
    const made = await decodeJpeg(bytes, header, "a.jpg");
    assert.equal(made.data.length, width * height * channels);
    assert.deepEqual(made.data, bytesOf(pixels));
  });
}

Deno.test("jpeg: the header is found behind large segments, which are passed over", () => {
  const profile = Uint8Array.of(0xff, 0xe2, 0xff, 0xff, ...new Uint8Array(0xffff - 2));
  const filled = Uint8Array.of(0xff, 0xff);
  const bytes = new Uint8Array([good.subarray(0, 2), profile, profile, filled, good.subarray(3)]
    .flatMap((part) => [...part]));
  assert.deepEqual(headerOf(bytes), { width, height, channels: 3 });
});

Deno.test("jpeg: foreign, lying and unreadable headers are refused with the file", () => {
  const frame = good.findIndex((byte, i) => byte === 0xff && good[i + 1] === 0xc0);
  refuses(new Uint8Array(), /not a JPEG/);
  refuses(new TextEncoder().encode("hello"), /not a JPEG/);
  refuses(good.subarray(0, 40), /ends too early/);
  refuses(good.with(frame, 0), /header is damaged/);
  refuses(good.with(frame + 1, 0xc3), /kind of JPEG.*C3, 8 bits/);
  refuses(good.with(frame + 4, 12), /kind of JPEG.*C0, 12 bits/);
  refuses(good.with(frame + 6, 0).with(frame + 5, 0), /header is damaged/);
  refuses(bytesOf(fixture.cmyk), /1 or 3 colour components.*4/s);
  const huge = good.slice();
  huge.fill(0xff, frame + 5, frame + 9);
  refuses(huge, /more than 67108864 pixels.*65535 x 65535/);
  refuses(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9, 0, 0), /names no size/);
  refuses(Uint8Array.of(0xff, 0xd8, ...Array(3e4).fill(0xff)), /names no size/);
});

Deno.test("jpeg: a file that ends early is refused by its markers and by the decoder, which goes on working", async () => {
  const header = { width, height, channels: 3 } as const;
  for (const share of [0.6, 0.8, 0.95]) {
    const cut = good.slice(0, Math.floor(good.length * share));
    assert.match(jpegDamage(cut)!, /ends before/);
    await assert.rejects(decodeJpeg(cut, header, "a.jpg"), /a\.jpg.*JPEG data is damaged/);
    const { data } = await decodeJpeg(good, header, "a.jpg");
    assert.deepEqual(data, bytesOf(fixture.cases.baseline.pixels));
  }
  await assert.rejects(decodeJpeg(good, { ...header, width: 4 }, "a.jpg"), /another size/);
  assert.match(jpegDamage(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9))!, /before its image data/);
  assert.match(jpegDamage(Uint8Array.of(0xff, 0xd8, 7, 7, 7))!, /no marker/);
});

Deno.test("jpeg: files that are decoded side by side do not answer for each other", async () => {
  const header = { width, height, channels: 3 } as const;
  const damaged = good.slice(0, Math.floor(good.length * 0.8));
  const later = async (turns: number, bytes: Uint8Array<ArrayBuffer>, path: string) => {
    for (let i = 0; i < turns; i++) await undefined;
    return await decodeJpeg(bytes.slice(), header, path);
  };
  for (let turns = 0; turns < 6; turns++) {
    for (const [first, second] of [[turns, 0], [0, turns]]) {
      const [whole, broken] = await Promise.allSettled([
        later(first, good, "whole.jpg"),
        later(second, damaged, "broken.jpg"),
      ]);
      assert.equal(whole.status, "fulfilled", `whole after ${first}, broken after ${second}`);
      assert.equal(broken.status, "rejected", `whole after ${first}, broken after ${second}`);
    }
  }
});

Deno.test("jpeg: a frame behind a marker without a segment cannot hide from the header, nor a second one", () => {
  // A decoder passes over D0 alone and finds the frame of 4095 x 16383 pixels, which it allocates.
  const frame = good.findIndex((byte, i) => byte === 0xff && good[i + 1] === 0xc0);
  const large = good.slice(2);
  large.set([0x3f, 0xff, 0x0f, 0xff], frame - 2 + 5);
  const length = large.length + 2;
  for (const marker of [0x01, 0xd0, 0xd8]) {
    const hiding = [0xff, marker, length >> 8, length & 255, ...large];
    const bytes = Uint8Array.of(0xff, 0xd8, ...hiding, ...good.subarray(2));
    refuses(bytes, /header is damaged/);
    assert.match(jpegDamage(bytes)!, /no marker/);
  }
  const end = frame + 2 + (good[frame + 2] << 8 | good[frame + 3]);
  assert.match(
    jpegDamage(Uint8Array.of(...good.subarray(0, end), ...good.subarray(frame)))!,
    /second frame/,
  );
});
