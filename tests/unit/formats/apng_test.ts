/** Animated PNG: the chunks of the specification in their order, and pictures that come back as they were. */
import assert from "node:assert/strict";
import { pngChunk, pngChunks, pngOf } from "../../../src/base/png_chunks.ts";
import { encodeApng } from "../../../src/formats/apng.ts";
import { decodePng, type Pixels } from "../../../src/formats/png.ts";

const [width, height] = [5, 3];
const picture = (seed: number): Pixels => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37 + seed * 91) % 256),
});

const frames = [1, 2, 3].map((seed) => ({ pixels: picture(seed), durationMs: 100 * seed }));
const still = picture(9);

const number = (data: Uint8Array, at: number) =>
  new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(at);
const short = (data: Uint8Array, at: number) =>
  new DataView(data.buffer, data.byteOffset, data.byteLength).getUint16(at);

Deno.test("a program without animations sees the still image", async () => {
  const found = await decodePng(await encodeApng(frames, still), "a.png");
  assert.deepEqual(found.data, still.data);
});

Deno.test("the still image is before the first frame, and chunks are numbered in order", async () => {
  const chunks = pngChunks(await encodeApng(frames, still));
  assert.match(
    chunks.map(({ type }) => type).join(" "),
    /^IHDR acTL( IDAT)+( fcTL( fdAT)+){3} IEND$/,
  );
  const acTL = chunks.find(({ type }) => type === "acTL")!.data;
  assert.deepEqual([number(acTL, 0), number(acTL, 4)], [3, 0]);
  const numbered = chunks.filter(({ type }) => type === "fcTL" || type === "fdAT");
  assert.deepEqual(numbered.map(({ data }) => number(data, 0)), numbered.map((_, i) => i));
  const controls = chunks.filter(({ type }) => type === "fcTL");
  assert.deepEqual(
    controls.map(({ data }) => [4, 8, 12, 16].map((at) => number(data, at))),
    controls.map(() => [width, height, 0, 0]),
  );
  assert.deepEqual(
    controls.map(({ data }) => short(data, 20) / short(data, 22)),
    [0.1, 0.2, 0.3],
  );
});

Deno.test("every frame is its picture", async () => {
  const chunks = pngChunks(await encodeApng(frames, still));
  const starts = chunks.flatMap(({ type }, i) => type === "fcTL" ? [i] : []);
  for (const [i, at] of starts.entries()) {
    const own = chunks.slice(at + 1, starts[i + 1] ?? -1);
    const alone = pngOf([
      chunks[0].bytes,
      ...own.map(({ data }) => pngChunk("IDAT", data.subarray(4))),
      chunks[chunks.length - 1].bytes,
    ]);
    assert.deepEqual((await decodePng(alone, "frame.png")).data, frames[i].pixels.data);
  }
});

Deno.test("frames of another size and impossible durations are refused", async () => {
  const small = { ...picture(1), height: 1, data: new Uint8Array(width * 3) };
  await assert.rejects(encodeApng([{ pixels: small, durationMs: 1 }], still), /size and colours/);
  for (const durationMs of [0, NaN, 1e6]) {
    await assert.rejects(
      encodeApng([{ pixels: picture(1), durationMs }], still),
      /cannot be shown/,
    );
  }
});
