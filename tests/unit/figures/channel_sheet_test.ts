/** Sheets of channels: every channel over its own range, in its own column. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { channelSheet } from "../../../src/figures/channel_sheet.ts";
import { decodePng } from "../../../src/formats/png.ts";

/** The grey values of every image in the sheet. */
async function greysOf(svg: string): Promise<number[][]> {
  const sources = [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)];
  return await Promise.all(sources.map(async ([, text]) => {
    const { data } = await decodePng(new Uint8Array(Buffer.from(text, "base64")), "sheet");
    return [...data];
  }));
}

Deno.test("channel sheet: stored values over each channel's range, a row for each image", async () => {
  const svg = await channelSheet({
    // Two images of two channels of two pixels, in model values: the second channel is stored / 10 - 1.
    images: Float32Array.of(0, 1, 0, 1, 0.5, 2, -1, 0.5),
    shape: [2, 1, 2],
    affine: { scale: [1, 0.1], offset: [0, -1] },
    ranges: [[0, 1], [10, 20]],
    channels: ["M", "G"],
    rowLabels: ["first", "second"],
  });
  // Above white and below black are cut: 2 of [0, 1], and 0 of [10, 20].
  assert.deepEqual(await greysOf(svg), [[0, 255], [0, 255], [128, 255], [0, 128]]);
  const words = [...svg.matchAll(/>([^<>\n]+)<\/text>/g)].map(([, word]) => word);
  assert.deepEqual(words, ["M: 0 to 1", "G: 10 to 20", "first", "second"]);
});
