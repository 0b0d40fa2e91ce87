/** Image grids: every pixel where it belongs, in stored units, clipped; captions as real text. */
import assert from "node:assert/strict";
import { keyKeyword, pngText } from "../../../src/base/png_text.ts";
import { decodePng } from "../../../src/formats/png.ts";
import { captionedGrid } from "../../../src/figures/captioned_grid.ts";
import { gridPixels, imageGrid, imageTiles } from "../../../src/figures/grid.ts";

Deno.test("grid: places and enlarges grey images", () => {
  const images = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const { width, height, channels, data } = gridPixels({
    images,
    shape: [1, 1, 2],
    columns: 2,
    scale: 2,
    gap: 1,
    background: [9, 9, 9],
  });
  assert.deepEqual([width, height, channels], [11, 7, 1]);
  const rows = Array.from(
    { length: height },
    (_, y) => [...data.subarray(y * width, (y + 1) * width)].join(""),
  );
  assert.deepEqual(rows, [
    "99999999999",
    "91122933449",
    "91122933449",
    "99999999999",
    "95566999999",
    "95566999999",
    "99999999999",
  ]);
});

Deno.test("grid: RGB planes become interleaved pixels, and a key goes into the file", async () => {
  const images = Uint8Array.of(10, 11, 20, 21, 30, 31);
  const png = await imageGrid({ images, shape: [3, 1, 2], scale: 1, gap: 0, key: "k1" });
  assert.deepEqual([...(await decodePng(png, "g")).data], [10, 20, 30, 11, 21, 31]);
  assert.equal(pngText(png, keyKeyword), "k1");
});

Deno.test("grid: model values are mapped back per channel, stretched and clipped", () => {
  const affine = { scale: [2 / 255, 1 / 100], offset: [-1, 0] };
  const [tile] = imageTiles({ images: Float32Array.of(-1, 1, 0, 3), shape: [2, 1, 2], affine });
  assert.deepEqual([...tile.data], [0, 255]); // two channels show the first
  const rgb = { scale: [1, 1, 1], offset: [0, 0, 0] };
  const images = Float32Array.of(0, 0.5, 2);
  assert.deepEqual([
    ...imageTiles({ images, shape: [3, 1, 1], affine: rgb, range: [0, 1] })[0].data,
  ], [0, 128, 255]);
});

Deno.test("grid: a range that starts below zero is stretched from its start", () => {
  const images = Float32Array.of(-2, -1, 0, 1);
  assert.deepEqual([...imageTiles({ images, shape: [1, 2, 2], range: [-1, 1] })[0].data], [
    0,
    0,
    128,
    255,
  ]);
});

Deno.test("grid: a small image is enlarged to about 640 pixels in all", () => {
  const { width } = gridPixels({
    images: new Uint8Array(64 * 256),
    shape: [1, 16, 16],
    columns: 8,
  });
  assert(width > 480 && width <= 640, `${width}`);
});

Deno.test("grid: no whole image is refused", () => {
  assert.throws(() => gridPixels({ images: new Uint8Array(0), shape: [1, 2, 2] }));
  assert.throws(() => gridPixels({ images: new Uint8Array(5), shape: [1, 2, 2] }));
});

Deno.test("captioned grid: one image element each, captions escaped, equal input gives equal text", async () => {
  const grid = {
    images: new Uint8Array(3 * 4),
    shape: [1, 2, 2],
    columns: 2,
    rowLabels: ["a & b", "c"],
    columnLabels: ["x", "y"],
    captions: ["1 < 2"],
  };
  const svg = await captionedGrid(grid);
  assert.equal(svg.match(/<image /g)?.length, 3);
  assert.deepEqual([...svg.matchAll(/>([^<>]+)<\/text>/g)].map((match) => match[1]), [
    "x",
    "y",
    "a &#38; b",
    "c",
    "1 &#60; 2",
  ]);
  assert.equal(await captionedGrid(grid), svg);
});

Deno.test("captioned grid: many images in a row are shown as small as they are, never smaller below 128", async () => {
  const widthOf = async (side: number, columns: number) => {
    const images = new Uint8Array(columns * side * side);
    const svg = await captionedGrid({ images, shape: [1, side, side], columns });
    return Number(/<image [^>]*width="(\d+)"/.exec(svg)![1]);
  };
  assert.equal(await widthOf(28, 10), 58);
  assert.equal(await widthOf(64, 10), 64);
  assert.equal(await widthOf(256, 10), 128);
  assert.equal(await widthOf(28, 2), 128);
});

Deno.test("grid: channels that are no colours stand side by side, each stretched from its own range", () => {
  const [tile] = imageTiles({
    images: Float32Array.of(0, 1, 10, 30),
    shape: [2, 1, 2],
    ranges: [[0, 1], [10, 20]],
  });
  assert.deepEqual(tile, {
    width: 5,
    height: 1,
    channels: 1,
    data: Uint8Array.of(0, 255, 255, 0, 255), // a white pixel between the channels
  });
});

Deno.test("grid: is enlarged to about 640 pixels, but never taller than what can be read", () => {
  const side = (shape: readonly [number, number, number]) => {
    const { width, height } = gridPixels({ images: new Uint8Array(shape[1] * shape[2]), shape });
    return [width, height];
  };
  assert.deepEqual(side([1, 28, 28]), [616 + 4, 616 + 4]);
  assert.deepEqual(side([1, 1000, 1]), [65 + 4, 65_000 + 4]);
  assert.deepEqual(side([1, 2, 700]), [700 + 4, 2 + 4]);
});
