/**
 * An array in a file, of which only the header has been read: its rows in order, or all of it where it is small.
 * How the header is found is the business of `npy.ts`, `npz.ts` and `idx.ts`.
 */
import {
  bytesOf,
  type DType,
  elementCount,
  itemSize,
  type NdArray,
  typedArray,
} from "../base/nd_array.ts";
import { allBytes, checkInflatedSize, type FilePart, readBytes } from "./bytes.ts";

/** An array in a file. */
export interface StoredArray {
  /** How errors call it: the path, or `a.npz[M]`. */
  readonly place: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Opens it, to be read from the first row on. */
  rows(): StoredRows;
  /** All of it at once: for labels, at most 256 MiB. Throws a `StageError` that names it. */
  whole(): NdArray;
}

/** Rows that are read in order. Bind it with `using`. */
export interface StoredRows {
  /** The next rows, [count, ...shape[1:]]. Throws a `StageError` where there are fewer. */
  next(count: number): Promise<NdArray>;
  /** To be called after the last row. Throws where the file holds more, or its checksum differs. */
  finish(): Promise<void>;
  [Symbol.dispose](): void;
}

/** Where the elements of an array lie. */
export interface Elements {
  readonly part: FilePart;
  /** Bytes of the part, inflated, before the first element. */
  readonly offset: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bigEndian?: boolean;
}

/** The array over elements in a file. Throws a `StageError` where a compressed part cannot hold them. */
export function storedArray(elements: Elements): StoredArray {
  const { part, offset, dtype, shape } = elements;
  const size = elementCount(shape) * itemSize(dtype);
  checkInflatedSize(part, offset + size);
  return {
    place: part.place,
    dtype,
    shape,
    rows: () => storedRows(elements),
    whole() {
      const bytes = allBytes(part, offset, size);
      if (elements.bigEndian) swapBytes(bytes, itemSize(dtype));
      return { dtype, shape, data: typedArray(dtype, bytes.buffer) };
    },
  };
}

function storedRows({ part, offset, dtype, shape, bigEndian }: Elements): StoredRows {
  const reader = readBytes(part);
  const rowShape = shape.slice(1), rowElements = elementCount(rowShape);
  let started = false;
  return {
    async next(count) {
      if (!started) await reader.fill(new Uint8Array(offset));
      started = true;
      const array = {
        dtype,
        shape: [count, ...rowShape],
        data: typedArray(dtype, count * rowElements),
      };
      const bytes = bytesOf(array);
      await reader.fill(bytes);
      if (bigEndian) swapBytes(bytes, itemSize(dtype));
      return array;
    },
    finish: () => reader.finish(),
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}

/** Turns big-endian elements into little-endian ones, in place. */
function swapBytes(bytes: Uint8Array, size: number): void {
  if (size > 1) {
    for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  }
}
