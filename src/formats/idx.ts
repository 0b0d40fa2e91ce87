/**
 * idx files, the format of MNIST, plain or compressed with gzip. Read only.
 *
 *     offset  bytes  content
 *     0       2      zero
 *     2       1      type: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64
 *     3       1      number of axes
 *     4       4 n    their extents, big-endian
 *             ...    elements, big-endian, in C order
 *
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits". Whether a file is compressed
 * is seen by its first two bytes, not by its name.
 */
import { type DType, elementCount, itemSize } from "../base/nd_array.ts";
import { type FilePart, firstBytes } from "./bytes.ts";
import { fileFault, openForReading } from "./file.ts";
import { type StoredArray, storedArray } from "./stored_array.ts";

const types: Readonly<Record<number, DType>> = {
  0x08: "uint8",
  0x09: "int8",
  0x0b: "int16",
  0x0c: "int32",
  0x0d: "float32",
  0x0e: "float64",
};

const RANK_LIMIT = 8;

/** Opens a file and checks its header, and its size where it is not compressed. Throws a `StageError`. */
export function openIdx(path: string): StoredArray {
  const part = wholeFile(path);
  const start = firstBytes(part, 4 + 4 * RANK_LIMIT);
  const [zero, zeroToo, type, rank] = start;
  if (start.length < 4 || zero || zeroToo || !Object.hasOwn(types, type)) {
    throw fileFault(path, "it is not an idx file: it does not start with 00 00 and a type");
  }
  const offset = 4 + 4 * rank;
  if (rank < 1 || rank > RANK_LIMIT) {
    throw fileFault(path, `it must have 1 to ${RANK_LIMIT} axes`, rank);
  }
  if (start.length < offset) throw fileFault(path, "it ends in its header");
  const view = new DataView(start.buffer, start.byteOffset);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const dtype = types[type];
  const bound = shape.reduce((product, extent) => product * Math.max(extent, 1), itemSize(dtype));
  if (!Number.isSafeInteger(bound)) {
    throw fileFault(path, "its shape is larger than any file", shape.join(", "));
  }
  const size = offset + elementCount(shape) * itemSize(dtype);
  if (part.compression === "none" && part.length !== size) {
    const state = part.length < size ? "truncated" : "longer than its header says";
    const written = shape.join(", ");
    const reason = `it is ${state}: ${dtype} of shape (${written}) takes ${size} bytes`;
    throw fileFault(path, reason, part.length);
  }
  return storedArray({ part, offset, dtype, shape, bigEndian: true });
}

function wholeFile(path: string): FilePart {
  using file = openForReading(path);
  const start = new Uint8Array(2);
  const got = file.readSync(start) ?? 0;
  const compressed = got === 2 && start[0] === 0x1f && start[1] === 0x8b;
  const length = file.statSync().size;
  return { path, place: path, start: 0, length, compression: compressed ? "gzip" : "none" };
}
