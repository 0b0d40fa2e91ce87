/**
 * Volumes of NIfTI-1 files, and slices of them: whole voxels in the stored orientation up to flips, never resampled.
 *
 * A slice is shown as an atlas shows it: superior or, in axial slices, anterior above; the person's left on the left,
 * in sagittal slices the front on the right. Stored axes that run against that are reversed; oblique ones are taken
 * for the direction of the body to which they are nearest.
 */
import { type DType, elementCount, itemSize, type TypedArray } from "../base/nd_array.ts";
import { checkInflatedSize, type FilePart, firstBytes } from "./bytes.ts";
import { fileFault, openForReading } from "./file.ts";
import { type NiftiHeader, niftiHeaderBytes, parseNiftiHeader } from "./nifti_header.ts";
import type { Planes } from "./resize.ts";
import { storedArray } from "./stored_array.ts";

/** The three ways to cut a body: from left to right, from back to front, from below to above. */
export const sliceAxes = ["sagittal", "coronal", "axial"] as const;
export type SliceAxis = typeof sliceAxes[number];

/** Slices of a volume: from `from` to `to`, both included, every `step`-th; all where a bound is left out. */
export interface Slices {
  readonly axis: SliceAxis;
  /** Counted from 0 towards right, anterior or superior. */
  readonly from?: number;
  readonly to?: number;
  readonly step: number;
}

/** A file of which the header has been read. */
export interface NiftiFile extends NiftiHeader {
  readonly path: string;
  readonly part: FilePart;
  /** Type of the values: uint8 where the file holds it without scaling, float32 for all else. */
  readonly values: "uint8" | "float32";
}

/** All voxels of a file, in stored order. */
export interface Volume extends NiftiHeader {
  readonly data: Uint8Array | Float32Array;
}

/**
 * Bytes that the values of a volume may take in memory, whatever their type in the file: a head at 0.25 mm has half of
 * it as uint8, and at 0.3 mm all of it as float32.
 */
const VOLUME_LIMIT = 2 ** 30;
/** Voxels that are read and converted at a time, at most 8 MiB: one layer may be as large as the volume. */
const PIECE = 1 << 20;

/** Directions of the body (0 right, 1 anterior, 2 superior): across the slices, along columns, along rows. */
const views: Readonly<Record<SliceAxis, readonly [number, number, number]>> = {
  sagittal: [0, 2, 1],
  coronal: [1, 2, 0],
  axial: [2, 1, 0],
};

/** Reads and checks the header of a file, and its size where it is not compressed. Throws a `StageError`. */
export function openNifti(path: string): NiftiFile {
  const part = wholeFile(path);
  const header = parseNiftiHeader(firstBytes(part, niftiHeaderBytes), path);
  const { extents, dtype, offset, scaling } = header;
  const values = dtype === "uint8" && !scaling ? "uint8" : "float32";
  checkSize(path, header, values);
  const bytes = elementCount(extents) * itemSize(dtype);
  if (part.compression === "none" && part.length !== offset + bytes) {
    const state = part.length < offset + bytes ? "truncated" : "longer than its header says";
    const what = `${dtype} of ${extents.join(" x ")} voxels`;
    throw fileFault(path, `it is ${state}: ${what} takes ${offset + bytes} bytes`, part.length);
  }
  checkInflatedSize(part, offset + bytes);
  return { ...header, path, part, values };
}

function checkSize(path: string, { extents, dtype }: NiftiHeader, values: NiftiFile["values"]) {
  const each = itemSize(values), bytes = elementCount(extents) * each;
  if (bytes <= VOLUME_LIMIT) return;
  const what = `${dtype} of ${extents.join(" x ")} voxels takes ${each} for each`;
  const reason = `a volume may take at most ${VOLUME_LIMIT} bytes in memory, and ${what}`;
  throw fileFault(path, reason, bytes, "Save it with fewer or larger voxels.");
}

function wholeFile(path: string): FilePart {
  using file = openForReading(path);
  const start = new Uint8Array(2);
  const got = file.readSync(start) ?? 0;
  const compressed = got === 2 && start[0] === 0x1f && start[1] === 0x8b;
  const length = file.statSync().size;
  return { path, place: path, start: 0, length, compression: compressed ? "gzip" : "none" };
}

/** Reads all voxels. Throws a `StageError` for a file that ends early, goes on, or holds what is not finite. */
export async function readVolume(file: NiftiFile, signal: AbortSignal): Promise<Volume> {
  const { path, part, extents, axes, dtype, bigEndian, offset, scaling, values } = file;
  const count = elementCount(extents);
  const array = storedArray({ part, offset, dtype, shape: [count], bigEndian });
  const data = values === "uint8" ? new Uint8Array(count) : new Float32Array(count);
  using voxels = array.rows();
  for (let start = 0; start < count; start += PIECE) {
    signal.throwIfAborted();
    const { data: stored } = await voxels.next(Math.min(PIECE, count - start));
    data.set(values === "uint8" ? stored as Uint8Array : scaled(stored, file), start);
  }
  await voxels.finish();
  if (data instanceof Float32Array && !data.every(Number.isFinite)) {
    throw fileFault(path, "a voxel holds a value that is not finite");
  }
  return { extents, axes, dtype: dtype as DType, bigEndian, offset, scaling, data };
}

/** value = slope * stored + intercept */
function scaled(stored: TypedArray, { scaling }: NiftiHeader): Float32Array {
  const { slope, intercept } = scaling ?? { slope: 1, intercept: 0 };
  const values = new Float32Array(stored.length);
  for (let i = 0; i < values.length; i++) values[i] = Number(stored[i]) * slope + intercept;
  return values;
}

/** Number, height and width of all slices along an axis. */
export function sliceShape({ extents, axes }: NiftiHeader, axis: SliceAxis) {
  const [count, height, width] = views[axis].map((body) => extents[axes[body].stored]);
  return { count, height, width };
}

/** Indices of the slices that are meant; `undefined` where they lie outside of the volume or are none. */
export function sliceIndices(
  header: NiftiHeader,
  { axis, from = 0, to, step }: Slices,
): number[] | undefined {
  const last = sliceShape(header, axis).count - 1, end = to ?? last;
  if (from > end || end > last) return undefined;
  return Array.from({ length: Math.floor((end - from) / step) + 1 }, (_, i) => from + i * step);
}

/** One slice, [1, H, W]. */
export function cutSlice(
  { extents, axes, data }: Volume,
  axis: SliceAxis,
  index: number,
): Planes {
  const strides = [1, extents[0], extents[0] * extents[1]];
  // Place of a value along a direction of the body, and the step to the next one; rows run downwards.
  const along = (body: number, downwards = false) => {
    const { stored, reversed } = axes[body];
    const isBackwards = reversed !== downwards;
    const first = isBackwards ? (extents[stored] - 1) * strides[stored] : 0;
    return { first, step: isBackwards ? -strides[stored] : strides[stored] };
  };
  const [across, down, right] = views[axis];
  const { height, width } = sliceShape({ extents, axes } as NiftiHeader, axis);
  const slice = along(across), row = along(down, true), column = along(right);
  const start = slice.first + index * slice.step + row.first + column.first;
  const plane = data instanceof Uint8Array
    ? new Uint8Array(height * width)
    : new Float32Array(height * width);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) plane[p] = data[start + y * row.step + x * column.step];
  }
  return { channels: 1, height, width, data: plane };
}
