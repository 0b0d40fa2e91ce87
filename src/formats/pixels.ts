/** Pixels of 8 bits in memory and their colours: grey from RGB, planes from interleaved rows; no files. */
import type { Planes } from "./resize.ts";

/** Pixels in row-major order, `channels` bytes each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** 8192 x 8192: larger than any image here, and small enough that a lying header cannot exhaust memory. */
export const pixelLimit = 1 << 26;

/** What JPEG can say of a width or height. Coders of PNG keep an object for each row, whatever its length. */
export const sideLimit = 0xffff;

/** Grey of a colour by ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B in units of 2^-16, as Pillow's mode L rounds it. */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Interleaved pixels as planes [channels, H, W]; grey becomes three equal planes, colours become their luma. */
export function planesOf(
  { width, height, channels: from, data }: Pixels,
  channels: 1 | 3,
): Planes<Uint8Array> {
  const size = width * height;
  const planes = new Uint8Array(channels * size);
  if (from === 3 && channels === 1) {
    for (let p = 0; p < size; p++) {
      planes[p] = luma(data[3 * p], data[3 * p + 1], data[3 * p + 2]);
    }
  } else {
    for (let c = 0; c < channels; c++) {
      const at = from === 1 ? 0 : c;
      for (let p = 0; p < size; p++) planes[c * size + p] = data[p * from + at];
    }
  }
  return { channels, height, width, data: planes };
}

/** Planes [channels, H, W] as interleaved pixels. */
export function planesToRows({ channels, height, width, data }: Planes<Uint8Array>): Pixels {
  const size = width * height;
  const rows = new Uint8Array(channels * size);
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < size; p++) rows[p * channels + c] = data[c * size + p];
  }
  return { width, height, channels: channels as 1 | 3, data: rows };
}
