/**
 * The header of a PNG file, and whether the file is whole: checksums, order and end of its chunks, size of its image
 * data. Nothing is decoded here.
 */
import { constants, crc32, inflateSync } from "node:zlib";
import { isPng } from "../base/png_text.ts";
import { fileFault } from "./file.ts";
import { pixelLimit } from "./pixels.ts";
import { joined } from "../base/joined.ts";

/** What the first 33 bytes of a file say. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** 1 for grey with or without alpha, 3 for colour and palettes. */
  readonly channels: 1 | 3;
}

/** Bytes of signature and IHDR chunk: all that `parsePngHeader` needs. */
export const pngHeaderBytes = 33;

/** Bytes of the signature and of what a chunk has beside its data: length, name, checksum. */
const SIGNATURE = 8, AROUND = 12;
/** Colour types of grey pixels: 0 alone, 4 with alpha. */
const GREYS: readonly number[] = [0, 4];
/** Samples per pixel by colour type: grey, none, RGB, palette, grey with alpha, none, RGB with alpha. */
const SAMPLES = [1, 0, 3, 1, 2, 0, 4];
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
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const width = view.getUint32(16), height = view.getUint32(20), colorType = start[25];
  if (chunkName(start, 12) !== "IHDR" || width === 0 || height === 0) {
    throw fileFault(path, "its PNG header is damaged");
  }
  if (width * height > pixelLimit) {
    throw fileFault(path, `it has more than ${pixelLimit} pixels`, `${width} x ${height}`);
  }
  if (!SAMPLES[colorType]) throw fileFault(path, "its PNG colour type is unknown", colorType);
  return { width, height, channels: GREYS.includes(colorType) ? 1 : 3 };
}

function chunkName(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/**
 * What is wrong with a file whose header has been accepted by `parsePngHeader`; undefined for a whole one. Takes the
 * memory of the image's own bytes and no more, whatever the data claims.
 */
export function pngDamage(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  for (let at = SIGNATURE;;) {
    if (at + AROUND > bytes.length) return "it ends before its last chunk";
    const length = view.getUint32(at);
    if (at + AROUND + length > bytes.length) return "it ends in the middle of a chunk";
    const name = chunkName(bytes, at + 4);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      return `the checksum of its chunk ${JSON.stringify(name)} is wrong`;
    }
    if (name === "IDAT") data.push(bytes.subarray(at + 8, at + 8 + length));
    if (name === "IEND") return imageDamage(data, view);
    at += AROUND + length;
  }
}

function imageDamage(chunks: readonly Uint8Array[], view: DataView): string | undefined {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, type, interlaced] = [24, 25, 28].map((at) => view.getUint8(at));
  if (![1, 2, 4, 8, 16].includes(depth)) return "its bit depth is unknown";
  const passes = interlaced ? PASSES : [[0, 0, 1, 1]] as const;
  const expected = passes.reduce((sum, [left, top, across, down]) => {
    const columns = Math.ceil((width - left) / across), rows = Math.ceil((height - top) / down);
    const row = columns > 0 ? 1 + Math.ceil(columns * SAMPLES[type] * depth / 8) : 0;
    return sum + row * Math.max(0, rows);
  }, 0);
  try {
    // One byte more than expected: what is longer is cut there, and refused.
    const options = { maxOutputLength: expected + 1, finishFlush: constants.Z_FINISH };
    const { length } = inflateSync(joined(chunks), options);
    return length === expected ? undefined : `its image data has ${length} bytes, not ${expected}`;
  } catch (error) {
    return `its image data cannot be unpacked (${error instanceof Error ? error.message : error})`;
  }
}
