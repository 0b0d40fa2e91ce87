/**
 * The header of a PNG file, whether the file is whole, and the chunks that make its pixels: checksums, order, lengths
 * and end of its chunks, size and row filters of its image data. Nothing is decoded here.
 *
 * A decoder is given no file of others but `essentialPng` of it. Pillow and libpng take files with bytes after their
 * end and with pixels beyond the palette, and pngjs does not; pngjs takes a second header, an endless palette and
 * interlaced data that inflate without a bound.
 */
import { constants, crc32, inflateSync } from "node:zlib";
import { isPng, pngChunk, pngOf } from "../base/png_chunks.ts";
import { fileFault } from "./file.ts";
import { pixelLimit, sideLimit } from "./pixels.ts";

/** What the first 33 bytes of a file say. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** 1 for grey with or without alpha, 3 for colour and palettes. */
  readonly channels: 1 | 3;
}

/** Data of the chunks that make the pixels; `IDAT` of all such chunks together, still compressed. */
type Parts = Partial<Record<"IHDR" | "PLTE" | "tRNS" | "IDAT", Uint8Array>>;

/** Bytes of signature and IHDR chunk: all that `parsePngHeader` needs. */
export const pngHeaderBytes = 33;

/** Bytes of the signature, of length and name before the data of a chunk, and of these with its checksum. */
const SIGNATURE = 8, BEFORE = 8, AROUND = 12;
/** Bytes of the data of IHDR, and of the largest palette. */
const HEADER = 13, PALETTE_BYTES = 3 * 256;
/** The colour type of indices into a palette. */
const PALETTE = 3;
/** Colour types of grey pixels: 0 alone, 4 with alpha. */
const GREYS: readonly number[] = [0, 4];
/** Samples per pixel by colour type: grey, none, RGB, palette, grey with alpha, none, RGB with alpha. */
const SAMPLES = [1, 0, 3, 1, 2, 0, 4];
/** Bits per sample by colour type. */
const DEPTHS = [[1, 2, 4, 8, 16], [], [8, 16], [1, 2, 4, 8], [8, 16], [], [8, 16]];
/** Bytes of the transparent colour by colour type; those with alpha have none, and a tRNS in them means nothing. */
const TRANSPARENT: readonly (number | undefined)[] = [2, undefined, 6];
/** The last of the filters by which rows are predicted from their neighbours: none, sub, up, average, Paeth. */
const LAST_FILTER = 4;
/** Adam7: first column and row of each pass, and the steps between its columns and rows. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Reads size and colour type from the start of a file. Throws a `StageError` that names `path`. */
export function parsePngHeader(start: Uint8Array, path: string): PngHeader {
  if (start.length < pngHeaderBytes || !isPng(start)) {
    throw fileFault(path, "it is not a PNG file");
  }
  const view = viewOf(start);
  const width = view.getUint32(16), height = view.getUint32(20), colorType = start[25];
  const length = view.getUint32(SIGNATURE);
  if (chunkName(start, 12) !== "IHDR" || length !== HEADER || width === 0 || height === 0) {
    throw fileFault(path, "its PNG header is damaged");
  }
  if (width * height > pixelLimit) {
    throw fileFault(path, `it has more than ${pixelLimit} pixels`, `${width} x ${height}`);
  }
  if (Math.max(width, height) > sideLimit) {
    const reason = `one of its sides has more than ${sideLimit} pixels`;
    throw fileFault(path, reason, `${width} x ${height}`);
  }
  if (!SAMPLES[colorType]) throw fileFault(path, "its PNG colour type is unknown", colorType);
  const damage = headerDamage(start.subarray(SIGNATURE + BEFORE, pngHeaderBytes - 4));
  if (damage) throw fileFault(path, damage);
  return { width, height, channels: GREYS.includes(colorType) ? 1 : 3 };
}

/**
 * What is wrong with a file whose header has been accepted by `parsePngHeader`; undefined for a whole one. Takes the
 * memory of the file and of the image's own bytes and no more, whatever the data claims.
 */
export function pngDamage(bytes: Uint8Array): string | undefined {
  const parts = wholeParts(bytes);
  return typeof parts === "string" ? parts : undefined;
}

/**
 * A file of the same pixels whose header has been accepted: IHDR, the palette of a picture that has one, filled up to
 * 256 colours with black, tRNS, one IDAT, IEND. Throws a `StageError` that names `path` for a damaged file.
 */
export function essentialPng(bytes: Uint8Array, path: string): Uint8Array<ArrayBuffer> {
  const parts = wholeParts(bytes);
  if (typeof parts === "string") throw fileFault(path, `its PNG data is damaged (${parts})`);
  const { IHDR, PLTE, tRNS, IDAT } = parts;
  const type = IHDR[9], chunks = [pngChunk("IHDR", IHDR)];
  if (type === PALETTE) {
    const palette = new Uint8Array(PALETTE_BYTES);
    palette.set(PLTE!);
    chunks.push(pngChunk("PLTE", palette));
  }
  if (tRNS && (type === PALETTE || TRANSPARENT[type])) chunks.push(pngChunk("tRNS", tRNS));
  return pngOf([...chunks, pngChunk("IDAT", IDAT), pngChunk("IEND", new Uint8Array())]);
}

/** The parts of a file without damage, or a sentence about its damage. What comes after IEND is not looked at. */
function wholeParts(bytes: Uint8Array): Parts & Required<Pick<Parts, "IHDR" | "IDAT">> | string {
  const view = viewOf(bytes);
  const parts: Parts = {};
  // One array, for a file may consist of millions of chunks of a byte.
  const packed = new Uint8Array(bytes.length);
  let filled = 0;
  for (let at = SIGNATURE;;) {
    if (at + AROUND > bytes.length) return "it ends before its last chunk";
    const length = view.getUint32(at);
    if (at + AROUND + length > bytes.length) return "it ends in the middle of a chunk";
    const name = chunkName(bytes, at + 4), end = at + BEFORE + length;
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      return `the checksum of its chunk ${JSON.stringify(name)} is wrong`;
    }
    const data = bytes.subarray(at + BEFORE, end);
    const damage = chunkDamage(name, data, parts);
    if (damage) return damage;
    if (name === "IEND") break;
    if (name === "IDAT") {
      packed.set(data, filled);
      parts.IDAT = packed.subarray(0, filled += length);
    } else if (name === "IHDR" || name === "PLTE" || name === "tRNS") parts[name] = data;
    at = end + 4;
  }
  const { IHDR, IDAT } = parts;
  if (!IHDR || !IDAT) return "it has no image data";
  return imageDamage(IDAT, IHDR) ?? { ...parts, IHDR, IDAT };
}

/** What is wrong with a chunk behind those that have been `read`. */
function chunkDamage(name: string, data: Uint8Array, read: Parts): string | undefined {
  if (!read.IHDR && name !== "IHDR") return "its first chunk is not its header";
  if (name === "IDAT") {
    const lacks = read.IHDR![9] === PALETTE && !read.PLTE;
    return lacks ? "its palette does not come before its image data" : undefined;
  }
  if (Object.hasOwn(read, name)) return `it has a second chunk ${JSON.stringify(name)}`;
  if (name === "IHDR") return headerDamage(data);
  if (name === "PLTE") {
    const { length } = data;
    if (length > 0 && length <= PALETTE_BYTES && length % 3 === 0) return undefined;
    return `its palette has ${length} bytes, not 3 for each of 1 to 256 colours`;
  }
  if (name === "tRNS") return transparencyDamage(data, read);
  // Readers may pass over unknown chunks whose name begins with a small letter, and over no others.
  if (name === "IEND" || /^[a-z][A-Za-z]{3}$/.test(name)) return undefined;
  return `its chunk ${JSON.stringify(name)} is unknown, and its pixels may depend on it`;
}

/** What is wrong with a tRNS chunk. */
function transparencyDamage({ length }: Uint8Array, { IHDR, PLTE, IDAT }: Parts) {
  const type = IHDR![9], indexed = type === PALETTE;
  const bytes = indexed ? (PLTE?.length ?? 0) / 3 : TRANSPARENT[type];
  if (bytes === undefined) return undefined;
  if (IDAT || indexed && !PLTE) {
    return "its transparency does not stand between its palette and its image data";
  }
  const fits = indexed ? length <= bytes : length === bytes;
  return fits ? undefined : `its transparency has ${length} bytes, not ${bytes}`;
}

/** What is wrong with the data of IHDR behind its width and height. */
function headerDamage(data: Uint8Array): string | undefined {
  if (data.length !== HEADER) return `its header has ${data.length} bytes, not ${HEADER}`;
  const [depth, type, compression, filter, interlace] = data.subarray(8);
  if (!DEPTHS[type]?.includes(depth)) {
    return `its bit depth ${depth} does not go with its colour type ${type}`;
  }
  if (compression || filter) return "its compression or filter method is unknown";
  return interlace > 1 ? `its interlace method ${interlace} is unknown` : undefined;
}

/** What is wrong with the compressed rows of an image. */
function imageDamage(packed: Uint8Array, header: Uint8Array): string | undefined {
  const passes = passesOf(header);
  const expected = passes.reduce((sum, { row, rows }) => sum + row * rows, 0);
  let data: Uint8Array;
  try {
    // One byte more than expected: what is longer is cut there, and refused.
    const options = { maxOutputLength: expected + 1, finishFlush: constants.Z_FINISH };
    data = inflateSync(packed, options);
  } catch (error) {
    return `its image data cannot be unpacked (${error instanceof Error ? error.message : error})`;
  }
  if (data.length !== expected) return `its image data has ${data.length} bytes, not ${expected}`;
  let at = 0;
  for (const { row, rows } of passes) {
    for (const end = at + row * rows; at < end; at += row) {
      if (data[at] > LAST_FILTER) return `the filter ${data[at]} of one of its rows is unknown`;
    }
  }
}

/** The passes in which an image lies, one where it is not interlaced: their rows, and bytes of a row with its filter. */
function passesOf(header: Uint8Array): { readonly row: number; readonly rows: number }[] {
  const view = viewOf(header);
  const width = view.getUint32(0), height = view.getUint32(4);
  const [depth, type, , , interlace] = header.subarray(8);
  const passes = interlace ? PASSES : [[0, 0, 1, 1]] as const;
  return passes.flatMap(([left, top, across, down]) => {
    const columns = Math.ceil((width - left) / across), rows = Math.ceil((height - top) / down);
    if (columns <= 0 || rows <= 0) return [];
    return [{ row: 1 + Math.ceil(columns * SAMPLES[type] * depth / 8), rows }];
  });
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function chunkName(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
