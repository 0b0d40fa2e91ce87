/** PNG files chunk by chunk, also such as no encoder writes. */
import { deflateSync } from "node:zlib";
import { pngChunk, pngOf } from "../../../src/base/png_chunks.ts";

/** What stands in IHDR; 8-bit grey that is not interlaced without more. */
export interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly type?: number;
  readonly compression?: number;
  readonly filter?: number;
  readonly interlace?: number;
}

/** The chunk IHDR. */
export function ihdr(
  { width, height, depth = 8, type = 0, compression = 0, filter = 0, interlace = 0 }: Header,
): Uint8Array {
  const data = new Uint8Array(13), view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data.set([depth, type, compression, filter, interlace], 8);
  return pngChunk("IHDR", data);
}

/** A chunk of any name. */
export function chunk(name: string, ...data: number[]): Uint8Array {
  return pngChunk(name, Uint8Array.from(data));
}

/** The chunk IDAT of rows, each behind the byte of its filter. */
export function idat(...rows: number[]): Uint8Array {
  return pngChunk("IDAT", Uint8Array.from(deflateSync(Uint8Array.from(rows))));
}

/** A file of these chunks and its end. */
export function pngFile(...chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return pngOf([...chunks, chunk("IEND")]);
}
