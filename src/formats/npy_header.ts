/**
 * The header of a .npy file, parsed strictly and never evaluated; the data behind it is `npy.ts`.
 *
 *     offset  bytes  content
 *     0       6      magic \x93NUMPY
 *     6       2      version: 1.0 (Latin-1), 2.0 (Latin-1), 3.0 (UTF-8)
 *     8       2 | 4  header length, little-endian: 2 bytes in version 1, 4 in 2 and 3
 *     10|12   n      Python dict literal {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), },
 *                    padded with spaces and one newline so that the data starts at a multiple of 64
 *
 * Source: NumPy Enhancement Proposal 1 and `numpy.lib.format`. Version 2 exists for structured types with long
 * headers, which are refused here, so a header over 64 KiB is a mistake or an attack.
 */
import { type DType, elementCount, itemSize } from "../base/nd_array.ts";
import { fileFault } from "./file.ts";

/** What a header says, and where the data starts. */
export interface NpyHeader {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly offset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER_LIMIT = 64 * 1024;
/** As many axes as NumPy 2 allows. */
const RANK_LIMIT = 64;

const descriptors: Readonly<Record<string, DType>> = {
  "|b1": "bool",
  "|i1": "int8",
  "|u1": "uint8",
  "<i2": "int16",
  "<u2": "uint16",
  "<i4": "int32",
  "<u4": "uint32",
  "<i8": "int64",
  "<u8": "uint64",
  "<f2": "float16",
  "<f4": "float32",
  "<f8": "float64",
};

/** Number of bytes that certainly contain the fixed part and any header that is accepted. */
export const npyHeaderBytes = 12 + HEADER_LIMIT;

/** Bytes of the fixed part: magic, version, length of the rest. */
const leadOf = (version: number) => version === 1 ? 10 : 12;

/** Where the data starts, from the first 12 bytes of a file or all it has. Throws a `StageError` naming `path`. */
export function npyDataOffset(start: Uint8Array, path: string): number {
  if (start.length < 10 || MAGIC.some((byte, i) => start[i] !== byte)) {
    throw fileFault(path, "it is not a .npy file: the first six bytes are not \\x93NUMPY");
  }
  const version = start[6];
  if (version < 1 || version > 3 || start[7] !== 0) {
    const written = `${version}.${start[7]}`;
    throw fileFault(path, "its format version is not 1.0, 2.0 or 3.0", written);
  }
  const lead = leadOf(version);
  if (start.length < lead) {
    throw fileFault(path, `it has ${start.length} bytes, fewer than the fixed part of a header`);
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > HEADER_LIMIT) {
    throw fileFault(path, `its header claims more than ${HEADER_LIMIT} bytes`, length);
  }
  return lead + length;
}

/**
 * Parses the start of a file. `size` is the size of the whole file, which must be exactly header and data.
 *
 * @throws StageError naming `path`, for anything that is not a plain little-endian C-ordered array.
 */
export function parseNpyHeader(start: Uint8Array, size: number, path: string): NpyHeader {
  const fail = (reason: string, value?: unknown, hint?: string) =>
    fileFault(path, reason, value, hint);
  const offset = npyDataOffset(start, path);
  const version = start[6], lead = leadOf(version), length = offset - lead;
  if (offset > size) throw fail(`its header claims ${length} bytes and only ${size - lead} follow`);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(
    start.subarray(lead, offset),
  );
  const { dtype, shape } = describedArray(parseDict(text, fail), fail);
  const expected = elementCount(shape) * itemSize(dtype);
  if (size - offset !== expected) {
    const state = size - offset < expected ? "truncated" : "longer than its header says";
    throw fail(
      `it is ${state}: ${dtype} of shape (${
        shape.join(", ")
      }) takes ${expected} bytes after the header, ` +
        `the file has ${size - offset}`,
    );
  }
  return { dtype, shape, offset };
}

/** The header of a version 1.0 file, padded so that the data starts at a multiple of 64 bytes. */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const descr = Object.keys(descriptors).find((key) => descriptors[key] === dtype)!;
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const text = `${dict.padEnd(total - 11)}\n`;
  return Uint8Array.from([
    ...MAGIC,
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...new TextEncoder().encode(text),
  ]);
}

type Fail = (reason: string, value?: unknown, hint?: string) => Error;
type Literal = string | boolean | readonly number[];

function describedArray(dict: ReadonlyMap<string, Literal>, fail: Fail) {
  const descr = dict.get("descr"), order = dict.get("fortran_order"), shape = dict.get("shape");
  if (
    dict.size !== 3 || typeof descr !== "string" || typeof order !== "boolean" ||
    !Array.isArray(shape)
  ) {
    throw fail("its header does not consist of descr, fortran_order and shape");
  }
  const dtype = Object.hasOwn(descriptors, descr) ? descriptors[descr] : undefined;
  if (!dtype) {
    const hint = descr.startsWith(">")
      ? "Write it little-endian: array.astype(array.dtype.newbyteorder('<'))."
      : `Readable types: ${Object.values(descriptors).join(", ")}.`;
    throw fail("its element type is not readable", descr, hint);
  }
  if (order) {
    throw fail("it is in Fortran order", undefined, "Write it with numpy.ascontiguousarray.");
  }
  if (shape.length > RANK_LIMIT) throw fail(`it has more than ${RANK_LIMIT} axes`, shape.length);
  // The product of the non-zero extents bounds every partial product, so no order of axes can overflow.
  const bound = shape.reduce((product, extent) => product * Math.max(extent, 1), itemSize(dtype));
  if (!Number.isSafeInteger(bound)) {
    throw fail("its shape is larger than any file", shape.join(", "));
  }
  return { dtype, shape: shape as readonly number[] };
}

/** One token of the literals that NumPy writes: a quoted word, True or False, a whole number, punctuation. */
const TOKEN = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|(\d+)L?|([{}():,]))/y;

/** Parses a flat dict whose values are strings, booleans and tuples of whole numbers. */
function parseDict(text: string, fail: Fail): Map<string, Literal> {
  TOKEN.lastIndex = 0;
  const next = () => {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) {
      throw fail(
        "its header is not the dict literal of a plain array",
        text.slice(at, at + 40).trim(),
      );
    }
    return { word: match[1] ?? match[2], flag: match[3], digits: match[4], mark: match[5] };
  };
  const expectMark = (marks: string, mark: string | undefined) => {
    if (mark === undefined || !marks.includes(mark)) {
      throw fail(`its header lacks one of "${marks}"`);
    }
    return mark;
  };
  const tuple = () => {
    const extents: number[] = [];
    for (let token = next(); token.mark !== ")"; token = next()) {
      if (token.digits === undefined) throw fail("its shape is not a tuple of whole numbers");
      extents.push(Number(token.digits));
      if (expectMark(",)", next().mark) === ")") break;
    }
    return extents;
  };
  const dict = new Map<string, Literal>();
  expectMark("{", next().mark);
  for (let token = next(); token.mark !== "}"; token = next()) {
    if (token.word === undefined || dict.has(token.word)) {
      throw fail("its header has a key that is no word, or twice");
    }
    expectMark(":", next().mark);
    const value = next();
    if (value.mark === "(") dict.set(token.word, tuple());
    else if (value.flag) dict.set(token.word, value.flag === "True");
    else if (value.word !== undefined) dict.set(token.word, value.word);
    else throw fail(`its header gives no plain value for ${token.word}`);
    if (expectMark(",}", next().mark) === "}") break;
  }
  if (text.slice(TOKEN.lastIndex).trim()) throw fail("its header goes on after the dict");
  return dict;
}
