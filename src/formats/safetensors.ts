/**
 * Safetensors files: named arrays for other tools, without code to run on loading.
 *
 *     offset  bytes  content
 *     0       8      header length n, unsigned little-endian
 *     8       n      JSON {"name": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__": {...}},
 *                    padded with spaces to a multiple of 8; starts with "{"
 *     8 + n          data; offsets count from here and must cover it without a hole or an overlap
 *
 * Written in the order of the reference implementation: wide elements first, then by name, so that every array
 * is aligned and equal content gives equal bytes. Source: github.com/huggingface/safetensors, "Format".
 * float16 and bfloat16 are refused: nothing here computes in them on the host.
 */
import {
  bytesOf,
  type DType,
  elementCount,
  itemSize,
  type NdArray,
  typedArray,
} from "../base/nd_array.ts";
import { fileFault, readWhole } from "./file.ts";

const names: Readonly<Record<string, DType>> = {
  F64: "float64",
  I64: "int64",
  U64: "uint64",
  F32: "float32",
  I32: "int32",
  U32: "uint32",
  I16: "int16",
  U16: "uint16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

/** No model here has a header over 100 KB; the reference implementation stops at 100 MB. */
const HEADER_LIMIT = 16 * 1024 * 1024;

/** Named arrays, and words about them. */
export interface Safetensors {
  /** In the order of the file. */
  readonly tensors: Map<string, NdArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Writes named arrays. Equal content gives equal bytes, whatever the order of the entries. */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, NdArray]>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  Deno.writeFileSync(path, encodeSafetensors(tensors, metadata));
}

/** Reads all arrays of a file. Throws a `StageError` that names the file. */
export function readSafetensors(path: string): Map<string, NdArray> {
  return decodeSafetensors(readWhole(path), path).tensors;
}

/** The bytes of a file with these arrays. */
export function encodeSafetensors(
  tensors: Iterable<readonly [string, NdArray]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = [...tensors].sort(([a, x], [b, y]) =>
    itemSize(y.dtype) - itemSize(x.dtype) || (a < b ? -1 : a > b ? 1 : 0)
  );
  const header: [string, unknown][] = [];
  const words = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (words.length) header.push(["__metadata__", Object.fromEntries(words)]);
  const seen = new Set<string>();
  let end = 0;
  for (const [name, array] of entries) {
    if (name === "__metadata__" || seen.has(name)) {
      throw new Error(`a tensor cannot be named ${name} here`);
    }
    seen.add(name);
    const begin = end;
    end += bytesOf(array).length;
    header.push([name, {
      dtype: nameOf(array.dtype),
      shape: array.shape,
      data_offsets: [begin, end],
    }]);
  }
  // Written by hand, because an object would put names that look like whole numbers first.
  const json = header.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(
    ",",
  );
  const text = new TextEncoder().encode(`{${json}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length).set(text, 8);
  let at = 8 + length;
  for (const [, array] of entries) {
    bytes.set(bytesOf(array), at);
    at += bytesOf(array).length;
  }
  return bytes;
}

/** The arrays in the bytes of a file; `path` is for errors only. Throws a `StageError`. */
export function decodeSafetensors(bytes: Uint8Array, path: string): Safetensors {
  const header = parseHeader(bytes, path);
  const { __metadata__: metadata = {}, ...described } = header.entries;
  if (!isRecord(metadata) || Object.values(metadata).some((word) => typeof word !== "string")) {
    throw fileFault(path, "its __metadata__ is not a table of words");
  }
  const tensors = new Map<string, NdArray>();
  let end = 0;
  const inOrder = Object.entries(described)
    .map(([name, value]) => ({ name, ...parseEntry(name, value, path) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, dtype, shape, ...range } of inOrder) {
    if (range.begin !== end) {
      throw fileFault(path, `the data before "${name}" has a hole or an overlap`);
    }
    end = range.end;
    if (end > bytes.length - header.offset) {
      throw fileFault(path, `it is truncated: "${name}" ends after the file`);
    }
    // Copied, so that every array is aligned and owns its memory.
    const data = bytes.slice(header.offset + range.begin, header.offset + end);
    tensors.set(name, { dtype, shape, data: typedArray(dtype, data.buffer) });
  }
  if (header.offset + end !== bytes.length) {
    throw fileFault(
      path,
      `${bytes.length - header.offset - end} bytes at its end belong to no tensor`,
    );
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(
  bytes: Uint8Array,
  path: string,
): { entries: Record<string, unknown>; offset: number } {
  if (bytes.length < 8) throw fileFault(path, "it is too short to be a safetensors file");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > HEADER_LIMIT) {
    throw fileFault(path, `its header claims more than ${HEADER_LIMIT} bytes`, length);
  }
  const offset = 8 + Number(length);
  if (offset > bytes.length) {
    throw fileFault(path, `its header claims ${length} bytes and only ${bytes.length - 8} follow`);
  }
  let entries: unknown;
  try {
    entries = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, offset)),
    );
  } catch (error) {
    throw fileFault(path, `its header is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(entries)) throw fileFault(path, "its header is not a JSON object");
  return { entries, offset };
}

function parseEntry(name: string, entry: unknown, path: string) {
  const { dtype: word, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw fileFault(path, `tensor "${name}" is not described by dtype, shape and data_offsets`);
  }
  const dtype = typeof word === "string" && Object.hasOwn(names, word) ? names[word] : undefined;
  if (!dtype) throw fileFault(path, `the element type of "${name}" is not readable`, word);
  const [begin, end] = offsets;
  const size = elementCount(shape) * itemSize(dtype);
  if (end - begin !== size) {
    throw fileFault(
      path,
      `"${name}" of shape [${shape.join(", ")}] takes ${size} bytes, its offsets span ${
        end - begin
      }`,
    );
  }
  return { dtype, shape, begin, end };
}

function nameOf(dtype: DType): string {
  return Object.keys(names).find((name) => names[name] === dtype)!;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
