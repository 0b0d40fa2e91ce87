/**
 * Images in arrays: one of shape (N, H, W), (N, H, W, C) or (N, C, H, W), or one (N, H, W) for each channel. What
 * .npy, .npz and idx have in common; read in blocks of about 4 MB, never as a whole.
 */
import { ParamError } from "../../base/errors.ts";
import { elementCount } from "../../base/nd_array.ts";
import { fileFault } from "../../formats/file.ts";
import { sideLimit } from "../../formats/pixels.ts";
import type { StoredArray, StoredRows } from "../../formats/stored_array.ts";
import { type ArrayLabels, arrayLabels } from "./array_labels.ts";
import { channelsFirst, stackedChannels, storedValues } from "./array_values.ts";
import {
  type FileParams,
  type ImageSource,
  type Layout,
  layoutOf,
  type Reading,
} from "./source.ts";

/** The shapes that are read, for the sentences that list them. */
export const arrayShapes = "(N, H, W, C), (N, C, H, W) or (N, H, W)";

/** An array and what the user calls it. */
export interface NamedArray {
  readonly name: string;
  readonly array: StoredArray;
}

/** Bytes that are read at a time, or become labels. */
const BLOCK = 4 << 20;
/** Elements of one image: of 8192 x 8192 pixels. A compressed file can claim any size. */
const IMAGE_LIMIT = 2 ** 26;

type Shape = ImageSource["shape"];

/** Opens images in arrays, and their labels. Throws `StageError` about a file, `ParamError` about a parameter. */
export function arrayImages(
  arrays: readonly NamedArray[],
  labelArray: StoredArray | undefined,
  params: FileParams,
): ImageSource {
  const [{ array: first }] = arrays;
  const shape = arrays.length === 1
    ? imageShape(first, layoutOf(params))
    : stackedShape(arrays.map(({ array }) => array));
  checkSize(shape, first.place);
  checkLayout(first, params.layout);
  const dtype: "uint8" | "float32" = arrays.every(({ array }) => array.dtype === "uint8")
    ? "uint8"
    : "float32";
  const count = first.shape[0];
  const labels = labelArray && arrayLabels(labelArray, count, params);
  const channels = arrays.length > 1 ? { channels: arrays.map(({ name }) => name) } : {};
  const notes = arrays.filter(({ array }) => array.dtype !== dtype)
    .map(({ name, array }) => `${name}: ${array.dtype} is kept as float32`);
  const layout = { shape, dtype, count, nhwc: arrays.length === 1 && layoutOf(params) === "nhwc" };
  return {
    shape,
    dtype,
    count,
    labels: labels?.labels,
    ...channels,
    notes,
    read: (reading) => readImages(arrays.map(({ array }) => array), labels, layout, reading),
    ...(labels ? { readLabels: (take, signal) => readLabels(labels, count, take, signal) } : {}),
  };
}

/** Throws a `StageError` for images that are too large by what their header says. */
function checkSize(shape: Shape, place: string): void {
  const [, height, width] = shape;
  if (Math.max(height, width) > sideLimit) {
    const reason = `a side of an image may have at most ${sideLimit} pixels`;
    throw fileFault(place, reason, `${height} x ${width}`);
  }
  if (elementCount(shape) > IMAGE_LIMIT) {
    throw fileFault(place, "an image of it is too large to be read", shape.join(" x "));
  }
}

/** Throws a `ParamError` for a layout that says nothing. */
function checkLayout({ place, shape }: StoredArray, layout: FileParams["layout"]): void {
  if (layout === undefined || shape.length === 4) return;
  const reason = `goes with an array of four axes, and ${place} has the shape (${
    shape.join(", ")
  })`;
  throw new ParamError(["layout"], reason, layout, "Leave layout out.");
}

/** [C, H, W] of the images in one array. */
function imageShape({ place, shape }: StoredArray, layout: Layout): Shape {
  if (shape.length !== 3 && shape.length !== 4) {
    const hint = `Expected ${arrayShapes}.`;
    throw fileFault(place, "images need 3 or 4 axes", `(${shape.join(", ")})`, hint);
  }
  if (shape.includes(0)) throw fileFault(place, "it holds no images", `(${shape.join(", ")})`);
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

/** [C, H, W] of images whose channels are arrays of their own. */
function stackedShape(arrays: readonly StoredArray[]): Shape {
  const [first] = arrays;
  for (const { place, shape } of arrays) {
    const written = `(${shape.join(", ")})`;
    if (shape.length !== 3) {
      throw fileFault(place, "an array that is one channel needs the shape (N, H, W)", written);
    }
    if (shape.includes(0)) throw fileFault(place, "it holds no images", written);
    if (shape.some((extent, axis) => extent !== first.shape[axis])) {
      const expected = `(${first.shape.join(", ")})`;
      throw fileFault(place, `it must have the shape of ${first.place}, ${expected}`, written);
    }
  }
  return [arrays.length, first.shape[1], first.shape[2]];
}

/** How images lie in their arrays. */
interface Arrangement {
  readonly shape: Shape;
  readonly dtype: "uint8" | "float32";
  readonly count: number;
  /** Channels are the last axis. */
  readonly nhwc: boolean;
}

/** Reads, converts and hands over the images block by block. */
async function readImages(
  arrays: readonly StoredArray[],
  labels: ArrayLabels | undefined,
  { shape, dtype, count, nhwc }: Arrangement,
  { write, progress, signal }: Reading,
): Promise<void> {
  using opened = openRows([...arrays, ...(labels ? [labels.array] : [])]);
  const channels = opened.rows.slice(0, arrays.length), labelled = opened.rows[arrays.length];
  // A class number becomes a row with a column for each class, which can be larger than the image.
  const elements = Math.max(elementCount(shape), labels?.labels.width ?? 0);
  const block = Math.max(1, Math.floor(BLOCK / (elements * 4)));
  const moves = nhwc && arrays[0].shape.length === 4 && shape[0] > 1;
  for (let start = 0; start < count; start += block) {
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const rows = Math.min(block, count - start);
    const values: (Uint8Array | Float32Array)[] = [];
    for (const [c, channel] of channels.entries()) {
      const stored = storedValues(await channel.next(rows), dtype);
      if (stored instanceof Float32Array) checkFinite(stored, arrays[c].place);
      values.push(stored);
    }
    const planes = values.length > 1
      ? stackedChannels(values, dtype, shape)
      : moves
      ? channelsFirst(values[0], dtype, shape)
      : values[0];
    write(planes, labelled && labels!.convert(await labelled.next(rows)));
    progress(start + rows);
  }
  for (const rows of opened.rows) await rows.finish();
}

/** Reads the labels alone. */
async function readLabels(
  { array, labels: { width }, convert }: ArrayLabels,
  count: number,
  take: Parameters<NonNullable<ImageSource["readLabels"]>>[0],
  signal: AbortSignal,
): Promise<void> {
  using rows = array.rows();
  const block = Math.max(1, Math.floor(BLOCK / (width * 8)));
  for (let start = 0; start < count; start += block) {
    signal.throwIfAborted();
    take(convert(await rows.next(Math.min(block, count - start))));
  }
  await rows.finish();
}

/** Opens all arrays, or none. */
function openRows(arrays: readonly StoredArray[]): { rows: readonly StoredRows[] } & Disposable {
  const rows: StoredRows[] = [];
  const close = () => rows.forEach((opened) => opened[Symbol.dispose]());
  try {
    for (const array of arrays) rows.push(array.rows());
  } catch (error) {
    close();
    throw error;
  }
  return { rows, [Symbol.dispose]: close };
}

function checkFinite(values: Float32Array, place: string): void {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    const reason = "an image holds a value that is not finite as float32";
    throw fileFault(place, reason, String(wrong));
  }
}
