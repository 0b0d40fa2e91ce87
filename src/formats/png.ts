/**
 * PNG files of 8-bit grey or RGB pixels: encode, decode, look at the header. No scaling and no text here.
 *
 * Equal pixels give equal bytes: no time stamp, one fixed filter and compression level. pngjs is imported on
 * the first use, because a run of only cache hits must not pay for it.
 */
import { Buffer } from "node:buffer";
import { constants } from "node:zlib";
import { isPng } from "../base/png_text.ts";
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

/** 8192 x 8192: larger than any image here, and small enough that a lying header cannot exhaust memory. */
const PIXEL_LIMIT = 1 << 26;
/** PNG colour types: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
const GREY = 0, RGB = 2, GREY_ALPHA = 4, RGB_ALPHA = 6;

/**
 * Encodes pixels.
 *
 * @example
 * ```ts
 * import { decodePng, encodePng } from "./png.ts";
 * const bytes = await encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) });
 * if ((await decodePng(bytes, "one.png")).data[0] !== 7) throw new Error("lossy");
 * ```
 */
export async function encodePng(pixels: Pixels): Promise<Uint8Array<ArrayBuffer>> {
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
  return Uint8Array.from(PNG.sync.write(image, { ...options, ...packing }));
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
  if (start.length < pngHeaderBytes || !isPng(start)) {
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

function chunkName(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
