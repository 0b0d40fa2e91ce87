/**
 * PNG files of 8-bit grey or RGB pixels: encode, decode, look at the header, add text chunks. No scaling here.
 *
 * Equal pixels give equal bytes: no time stamp, one fixed filter and compression level. pngjs is imported on
 * the first use, because a run of only cache hits must not pay for it.
 */
import { Buffer } from "node:buffer";
import { constants, crc32 } from "node:zlib";
import { fileFault } from "./file.ts";

/** Pixels in row-major order, `channels` bytes each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** What the first 33 bytes of a file say. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** 1 for grey with or without alpha, 3 for colour and palettes. */
  readonly channels: 1 | 3;
}

/** Bytes of signature and IHDR chunk: all that `parsePngHeader` needs. */
export const pngHeaderBytes = 33;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** 8192 x 8192: larger than any image here, and small enough that a lying header cannot exhaust memory. */
const PIXEL_LIMIT = 1 << 26;
/** PNG colour types: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
const GREY = 0, RGB = 2, GREY_ALPHA = 4, RGB_ALPHA = 6;

/**
 * Encodes pixels; `text` becomes one tEXt chunk per entry, after the pixels.
 *
 * @example
 * ```ts
 * import { decodePng, encodePng } from "./png.ts";
 * const bytes = await encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) });
 * if ((await decodePng(bytes, "one.png")).data[0] !== 7) throw new Error("lossy");
 * ```
 */
export async function encodePng(
  pixels: Pixels,
  text: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, channels, data } = pixels;
  if (data.length !== width * height * channels || data.length === 0) {
    throw new Error(`${data.length} bytes are not ${width} x ${height} x ${channels}`);
  }
  const { PNG } = await import("pngjs");
  const colorType = channels === 1 ? GREY : RGB;
  // With equal input and output colour type pngjs passes the bytes on as they are.
  const options = {
    width,
    height,
    bitDepth: 8,
    colorType,
    inputColorType: colorType,
    inputHasAlpha: false,
  } as const;
  const image = Object.assign(new PNG({ width, height }), { data: Buffer.from(data) });
  // Filter 0 (none): the images are flat cells, which deflate packs better unfiltered.
  // pngjs's own strategy finds runs of bytes only, and a flat RGB cell is none: 906 kB against 11 for one grid.
  const packing = { deflateLevel: 9, deflateStrategy: constants.Z_DEFAULT_STRATEGY, filterType: 0 };
  const bytes = PNG.sync.write(image, { ...options, ...packing });
  return withText(Uint8Array.from(bytes), text);
}

/** Decodes a file; transparent pixels are laid over white. Throws a `StageError` that names `path`. */
export async function decodePng(bytes: Uint8Array, path: string): Promise<Pixels> {
  const { width, height, channels } = parsePngHeader(bytes, path);
  const { PNG } = await import("pngjs");
  let rgba: Uint8Array;
  try {
    rgba = PNG.sync.read(Buffer.from(bytes)).data;
  } catch (error) {
    throw fileFault(
      path,
      `its PNG data is damaged (${error instanceof Error ? error.message : error})`,
    );
  }
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = rgba[4 * pixel + 3] / 255;
    for (let c = 0; c < channels; c++) {
      data[channels * pixel + c] = Math.round(rgba[4 * pixel + c] * alpha + 255 * (1 - alpha));
    }
  }
  return { width, height, channels, data };
}

/** Reads size and colour type from the start of a file. Throws a `StageError` that names `path`. */
export function parsePngHeader(start: Uint8Array, path: string): PngHeader {
  if (start.length < pngHeaderBytes || SIGNATURE.some((byte, i) => start[i] !== byte)) {
    throw fileFault(path, "it is not a PNG file");
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const width = view.getUint32(16), height = view.getUint32(20), colorType = start[25];
  if (chunkName(start, 12) !== "IHDR" || width === 0 || height === 0) {
    throw fileFault(path, "its PNG header is damaged");
  }
  if (width * height > PIXEL_LIMIT) {
    throw fileFault(path, `it has more than ${PIXEL_LIMIT} pixels`, `${width} x ${height}`);
  }
  const known = [GREY, RGB, 3, GREY_ALPHA, RGB_ALPHA].includes(colorType);
  if (!known) throw fileFault(path, "its PNG colour type is unknown", colorType);
  return { width, height, channels: colorType === GREY || colorType === GREY_ALPHA ? 1 : 3 };
}

/** The same image with tEXt chunks before its end. Keywords have 1 to 79 Latin-1 characters (PNG, 11.3.4.3). */
export function withText(
  png: Uint8Array,
  text: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const chunks = Object.entries(text).map(([keyword, words]) => {
    if (!/^[\x20-\x7e\xa1-\xff]{1,79}$/.test(keyword)) {
      throw new Error(`"${keyword}" cannot be a PNG keyword`);
    }
    const body = Uint8Array.from(
      `tEXt${keyword}\0${words}`,
      (character) => character.charCodeAt(0),
    );
    const chunk = new Uint8Array(body.length + 8);
    const view = new DataView(chunk.buffer);
    view.setUint32(0, body.length - 4);
    chunk.set(body, 4);
    view.setUint32(4 + body.length, crc32(body));
    return chunk;
  });
  const end = png.length - 12;
  return new Uint8Array(Buffer.concat([png.subarray(0, end), ...chunks, png.subarray(end)]));
}

/** The tEXt chunks of a PNG file, by keyword. */
export function textOf(png: Uint8Array): Record<string, string> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const text: Record<string, string> = {};
  for (let at = 8; at + 12 <= png.length; at += 12 + view.getUint32(at)) {
    if (chunkName(png, at + 4) !== "tEXt") continue;
    const body = new TextDecoder("latin1").decode(
      png.subarray(at + 8, at + 8 + view.getUint32(at)),
    );
    const [keyword, ...words] = body.split("\0");
    text[keyword] = words.join("\0");
  }
  return text;
}

function chunkName(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
