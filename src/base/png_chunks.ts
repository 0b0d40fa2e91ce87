/**
 * The chunks of which a PNG file consists, as bytes. What is in them is not looked at.
 *
 * A PNG is an 8-byte signature and chunks: length (4 bytes, big-endian, of the data alone), type (4 letters), data,
 * CRC-32 of type and data (PNG specification, third edition, section 5).
 */
import { crc32 } from "node:zlib";
import { joined } from "./joined.ts";

/** The first bytes of every PNG file. */
export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Length and type before the data of a chunk, and the CRC after it, in bytes. */
const BEFORE = 8;
const FRAME = 12;

/** A part of a PNG file. */
export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** The whole chunk. */
  readonly bytes: Uint8Array;
}

/** Is this the start of a PNG file? */
export function isPng(bytes: Uint8Array): boolean {
  return pngSignature.every((byte, i) => bytes[i] === byte);
}

/** Chunks of a PNG in order. Throws where it is cut off. */
export function pngChunks(png: Uint8Array): PngChunk[] {
  if (!isPng(png)) throw new Error("not a PNG file");
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: PngChunk[] = [];
  for (let at = pngSignature.length; at < png.length;) {
    const end = at + FRAME <= png.length ? at + FRAME + view.getUint32(at) : Infinity;
    if (end > png.length) throw new Error("the PNG file is cut off");
    const type = String.fromCharCode(...png.subarray(at + 4, at + BEFORE));
    chunks.push({ type, data: png.subarray(at + BEFORE, end - 4), bytes: png.subarray(at, end) });
    at = end;
  }
  return chunks;
}

/** A whole chunk. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + FRAME);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Uint8Array.from(type, (letter) => letter.charCodeAt(0)), 4);
  bytes.set(data, BEFORE);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(4, bytes.length - 4)));
  return bytes;
}

/** A file of whole chunks. */
export function pngOf(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined([pngSignature, ...chunks]);
}
