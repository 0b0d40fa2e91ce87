/**
 * The markers of a JPEG file: size and colours from its header, and whether it is whole; decoding is `jpeg.ts`.
 *
 *     FF D8                    start of image
 *     FF xx  length  payload   segments; the length, big-endian, counts itself but not the marker
 *     FF C0..CF                frame: precision, height, width, components (C4, C8, CC are something else)
 *     FF DA                    scan: a segment, then coded data, in which FF is followed by 00 or D0..D7
 *     FF D9                    end of image
 *
 * Source: ITU-T T.81, annex B. Segments are passed over by seeking, so that a header behind a megabyte of
 * embedded colour profile costs a few small reads.
 */
import { fileFault, openForReading, readFully } from "./file.ts";
import { pixelLimit } from "./pixels.ts";

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Components: 1 grey, 3 colour. */
  readonly channels: 1 | 3;
}

const START = 0xd8, END = 0xd9, SCAN = 0xda;
/** Frames that decoders know: baseline, extended sequential, progressive. */
const FRAMES = [0xc0, 0xc1, 0xc2];
/** Segments that are passed over before the frame; real files have some dozens. */
const SEGMENT_LIMIT = 4096;
/** Bytes of marker, length and the frame's numbers. */
const FRAME_BYTES = 10;

/** Reads size and colours of a file. Throws a `StageError` that names `path`. */
export function readJpegHeader(path: string): JpegHeader {
  using file = openForReading(path);
  const { size } = file.statSync();
  const bytes = new Uint8Array(FRAME_BYTES);
  const look = (at: number, count: number) => {
    if (at + count > size) throw fileFault(path, "its JPEG header ends too early");
    file.seekSync(at, Deno.SeekMode.Start);
    readFully(file, bytes.subarray(0, count), path);
    return bytes;
  };
  if (size < 4 || look(0, 2)[0] !== 0xff || bytes[1] !== START) {
    throw fileFault(path, "it is not a JPEG file");
  }
  for (let at = 2, segments = 0; segments < SEGMENT_LIMIT; segments++) {
    const [first, marker, high, low] = look(at, 4);
    // A decoder passes over a marker without a segment alone, and would read another frame than is found here.
    if (first !== 0xff || hasNoSegment(marker)) throw fileFault(path, "its JPEG header is damaged");
    if (marker === 0xff) {
      at++; // a filling byte
      continue;
    }
    if (isFrame(marker)) return frame(marker, look(at, FRAME_BYTES), path);
    const length = high << 8 | low;
    if (marker === SCAN || marker === END || length < 2) break;
    at += 2 + length;
  }
  throw fileFault(path, "its JPEG header names no size");
}

/** 01 is a temporary one, D0 to D7 mark restarts, D8 begins an image. */
function hasNoSegment(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= START);
}

/** C4, C8 and CC lie among the frames and are tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function frame(marker: number, bytes: Uint8Array, path: string): JpegHeader {
  const [precision, a, b, c, d, channels] = bytes.subarray(4);
  const height = a << 8 | b, width = c << 8 | d;
  if (!FRAMES.includes(marker) || precision !== 8) {
    const hint = "Save it as baseline or progressive JPEG of 8 bits, or as PNG.";
    throw fileFault(
      path,
      "its kind of JPEG is not readable",
      `C${marker & 15}, ${precision} bits`,
      hint,
    );
  }
  if (channels !== 1 && channels !== 3) {
    const hint = "Save it as grey or RGB.";
    throw fileFault(path, "it must have 1 or 3 colour components", channels, hint);
  }
  if (width === 0 || height === 0) throw fileFault(path, "its JPEG header is damaged");
  if (width * height > pixelLimit) {
    throw fileFault(path, `it has more than ${pixelLimit} pixels`, `${width} x ${height}`);
  }
  return { width, height, channels };
}

/** What is wrong with the order of a file's markers; undefined where they lead to the end of the image. */
export function jpegDamage(bytes: Uint8Array): string | undefined {
  let at = 2, frames = 0;
  for (let scans = 0; at + 1 < bytes.length;) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || hasNoSegment(marker)) return "it has no marker where one must be";
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === END) return scans ? undefined : "it ends before its image data";
    if (isFrame(marker) && ++frames > 1) return "it has a second frame";
    at += 2 + (bytes[at + 2] << 8 | bytes[at + 3]);
    if (marker !== SCAN) continue;
    scans++;
    while (at + 1 < bytes.length && !endsScan(bytes, at)) at++;
  }
  return "it ends before the end of the image";
}

/** Is there a marker at this place of coded data? FF 00 is a coded FF, D0 to D7 mark restarts, FF FF is filling. */
function endsScan(bytes: Uint8Array, at: number): boolean {
  const next = bytes[at + 1];
  return bytes[at] === 0xff && next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7);
}
