/**
 * PNG files of 8-bit grey or RGB pixels: encode and decode. No scaling and no text here.
 *
 * Equal pixels give equal bytes: no time stamp, one fixed filter and compression level. pngjs is imported on
 * the first use, because a run of only cache hits must not pay for it.
 */
import { Buffer } from "node:buffer";
import { constants } from "node:zlib";
import { fileFault } from "./file.ts";
import type { Pixels } from "./pixels.ts";
import { essentialPng, parsePngHeader } from "./png_structure.ts";
import { imported } from "../base/imported.ts";

export type { Pixels } from "./pixels.ts";

/** The PNG colour types that are written. */
const GREY = 0, RGB = 2;

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
  const { PNG } = await imported(() => import("pngjs"));
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
  const essential = essentialPng(bytes, path);
  const { PNG } = await imported(() => import("pngjs"));
  let made: InstanceType<typeof PNG>;
  try {
    made = PNG.sync.read(Buffer.from(essential.buffer));
  } catch (error) {
    throw fileFault(
      path,
      `its PNG data is damaged (${error instanceof Error ? error.message : error})`,
    );
  }
  if (made.width !== width || made.height !== height) {
    throw fileFault(path, "its PNG data has another size than its header says");
  }
  const rgba: Uint8Array = made.data;
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = rgba[4 * pixel + 3] / 255;
    for (let c = 0; c < channels; c++) {
      data[channels * pixel + c] = Math.round(rgba[4 * pixel + c] * alpha + 255 * (1 - alpha));
    }
  }
  return { width, height, channels, data };
}
