/**
 * Text in PNG files, so that a picture that was copied elsewhere still says what made it. Encodes no pictures.
 *
 * A PNG is an 8-byte signature and chunks: length (4 bytes, big-endian, of the data alone), type (4 letters), data,
 * CRC-32 of type and data. `tEXt` holds `keyword NUL text` in Latin-1 (PNG specification, third edition, 11.3.3.2).
 */
import { crc32 } from "node:zlib";

/** Keyword of the text that names the artifact to which a picture belongs: its key. */
export const keyKeyword = "bruit:key";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Length and type before the data of a chunk, and the CRC after it, in bytes. */
const BEFORE = 8;
const FRAME = 12;

/** Is this the start of a PNG file? */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * A copy of a PNG with a text chunk before its end; one of the same keyword is replaced. A keyword has 1 to 79
 * printable Latin-1 characters (section 11.3.3.1).
 */
export function withPngText(
  png: Uint8Array,
  keyword: string,
  text: string,
): Uint8Array<ArrayBuffer> {
  if (!/^[\x20-\x7e\xa1-\xff]{1,79}$/.test(keyword)) {
    throw new Error(`"${keyword}" cannot be a PNG keyword`);
  }
  const parts: Uint8Array[] = [png.subarray(0, SIGNATURE.length)];
  for (const chunk of chunksOf(png)) {
    if (keywordOf(chunk) === keyword) continue;
    if (chunk.type === "IEND") parts.push(textChunk(keyword, text));
    parts.push(chunk.bytes);
  }
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Text under a keyword; undefined where there is none. */
export function pngText(png: Uint8Array, keyword: string): string | undefined {
  const chunk = chunksOf(png).find((chunk) => keywordOf(chunk) === keyword);
  return chunk && latin1(chunk.data.subarray(keyword.length + 1));
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** The whole chunk. */
  readonly bytes: Uint8Array;
}

/** Chunks of a PNG. Throws where it is cut off. */
function chunksOf(png: Uint8Array): Chunk[] {
  if (!isPng(png)) throw new Error("not a PNG file");
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const end = at + FRAME <= png.length ? at + FRAME + view.getUint32(at) : Infinity;
    if (end > png.length) throw new Error("the PNG file is cut off");
    const type = latin1(png.subarray(at + 4, at + BEFORE));
    chunks.push({ type, data: png.subarray(at + BEFORE, end - 4), bytes: png.subarray(at, end) });
    at = end;
  }
  return chunks;
}

function keywordOf({ type, data }: Chunk): string | undefined {
  return type === "tEXt" ? latin1(data.subarray(0, data.indexOf(0))) : undefined;
}

function textChunk(keyword: string, text: string): Uint8Array {
  const body = Uint8Array.from(`tEXt${keyword}\0${text}`, (letter) => letter.charCodeAt(0));
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(chunk.length - 4, crc32(body));
  return chunk;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
