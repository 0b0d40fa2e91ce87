/** Images in one .npy file, uint8 or float32, with labels in another; read in blocks, never as a whole. */
import { ParamError } from "../../base/errors.ts";
import { type NdArray, type TypedArray, typedArray } from "../../base/nd_array.ts";
import { fileFault } from "../../formats/file.ts";
import { type NpyFile, openNpy } from "../../formats/npy.ts";
import type { FileParams, ImageSource, Reading, SourceKind } from "./source.ts";

/** Bytes that are read at a time. */
const BLOCK = 4 << 20;

export const npyFile: SourceKind = {
  summary: "a .npy file of shape (N, H, W, C), (N, C, H, W) or (N, H, W)",
  accepts: (path, isFolder) => !isFolder && path.endsWith(".npy"),
  files: (path, { labels }) => labels ? [path, labels] : [path],
  open(path, params) {
    using images = openNpy(path);
    const { dtype } = images;
    if (dtype !== "uint8" && dtype !== "float32") {
      throw fileFault(path, "images must be uint8 or float32", dtype);
    }
    const shape = imageShape(images, params.layout);
    const labels = params.labels === undefined
      ? undefined
      : labelColumns(params.labels, images.count, params);
    const read = (reading: Reading) => readBlocks(path, params, { shape, labels }, reading);
    return { shape, dtype, count: images.count, labels, read };
  },
};

/** [C, H, W] of the images in a file. */
function imageShape(
  { path, shape }: NpyFile,
  layout: FileParams["layout"],
): [number, number, number] {
  if (shape.length !== 3 && shape.length !== 4) {
    throw fileFault(
      path,
      "images need 3 or 4 axes",
      `(${shape.join(", ")})`,
      `Expected ${npyFile.summary}.`,
    );
  }
  if (shape.includes(0)) throw fileFault(path, "it holds no images", `(${shape.join(", ")})`);
  const [, a, b, c] = shape;
  const [channels, height, width] = c === undefined
    ? [1, a, b]
    : layout === "nchw"
    ? [a, b, c]
    : [c, a, b];
  const looksSwapped = c !== undefined && channels > 4 && Math.min(a, c) <= 4;
  if (looksSwapped) {
    const other = layout === "nchw" ? "nhwc" : "nchw";
    throw new ParamError(
      ["layout"],
      `${layout} reads ${channels} channels out of the shape (${shape.join(", ")})`,
      layout,
      `Write layout: ${other}.`,
    );
  }
  return [channels, height, width];
}

/** Names of the label columns of a file: one per column, or one per class where it holds class numbers. */
function labelColumns(
  path: string,
  count: number,
  { labelNames }: FileParams,
): NonNullable<ImageSource["labels"]> {
  using file = openNpy(path);
  if (file.count !== count) {
    throw fileFault(path, `it needs one row per image, ${count} in all`, file.count);
  }
  const [, columns] = file.shape;
  if (file.shape.length > 2 || columns === 0) {
    throw fileFault(path, "labels need the shape (N, L) or (N)", `(${file.shape.join(", ")})`);
  }
  if (columns === undefined && !labelNames) {
    throw new ParamError(
      ["label_names"],
      "must name the classes, because the labels are one class number per image",
      undefined,
      "Write label_names: [name of class 0, name of class 1, ...].",
    );
  }
  const names = labelNames ?? Array.from({ length: columns }, (_, i) => `label ${i}`);
  if (columns !== undefined && names.length !== columns) {
    throw new ParamError(
      ["label_names"],
      `must have ${columns} names, one per column of the labels`,
      names.length,
    );
  }
  return { width: names.length, names };
}

/** Reads, converts and hands over the images block by block. */
async function readBlocks(
  path: string,
  params: FileParams,
  { shape, labels }: Pick<ImageSource, "shape" | "labels">,
  { write, progress, signal }: Reading,
): Promise<void> {
  using images = openNpy(path);
  using labelFile = params.labels === undefined ? undefined : openNpy(params.labels);
  const rows = Math.max(1, Math.floor(BLOCK / (images.rowElements * 4)));
  for (let start = 0; start < images.count; start += rows) {
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const count = Math.min(rows, images.count - start);
    const block = images.rows(start, count);
    if (block.data instanceof Float32Array) checkFinite(block.data, path);
    const planes = images.shape.length === 4 && params.layout === "nhwc"
      ? channelsFirst(block, shape)
      : block.data;
    write(planes, labelFile && labelRows(labelFile, start, count, labels!.width));
    progress(start + count);
  }
}

/** [n, H, W, C] to [n, C, H, W]. */
function channelsFirst(
  { dtype, data }: NdArray,
  [channels, height, width]: ImageSource["shape"],
): TypedArray {
  const moved = typedArray(dtype, data.length);
  const plane = height * width;
  for (let n = 0; n < data.length; n += channels * plane) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < plane; p++) moved[n + c * plane + p] = data[n + p * channels + c];
    }
  }
  return moved;
}

/** Label rows as uint8 [n, L]; class numbers become one-hot rows. */
function labelRows(file: NpyFile, start: number, count: number, width: number): Uint8Array {
  const values = Array.from(file.rows(start, count).data, Number);
  const classes = file.shape.length === 1;
  const limit = classes ? width - 1 : 255;
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > limit);
  if (wrong !== undefined) {
    throw fileFault(file.path, `labels must be whole numbers from 0 to ${limit}`, wrong);
  }
  if (!classes) return Uint8Array.from(values);
  const rows = new Uint8Array(count * width);
  values.forEach((value, row) => rows[row * width + value] = 1);
  return rows;
}

function checkFinite(values: Float32Array, path: string): void {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    throw fileFault(path, "an image holds a value that is not finite", String(wrong));
  }
}
