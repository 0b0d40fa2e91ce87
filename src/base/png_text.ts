/**
 * Text in PNG files, so that a picture that was copied elsewhere still says what made it. Encodes no pictures.
 *
 * A PNG is an 8-byte signature and chunks: length (4 bytes, big-endian, of the data alone), type (4 letters), data,
 * CRC-32 of type and data. `tEXt` holds `keyword NUL text` in Latin-1 (PNG specification, third edition, 11.3.3.2).
 */
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Length and type before the data of a chunk, and the CRC after it, in bytes. */
const BEFORE = 8;
const FRAME = 12;

/** Is this the start of a PNG file? */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** A copy of a PNG with a text chunk right after its header; one of the same keyword is replaced. */
export function withPngText(
  png: Uint8Array,
  keyword: string,
  text: string,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [png.subarray(0, SIGNATURE.length)];
  for (const chunk of chunksOf(png)) {
    if (keywordOf(chunk) === keyword) continue;
    parts.push(chunk.bytes);
    if (chunk.type === "IHDR") parts.push(textChunk(keyword, text));
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
  const data = Uint8Array.from(`tEXt${keyword}\0${text}`, (letter) => letter.charCodeAt(0));
  const chunk = new Uint8Array(data.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length - 4);
  chunk.set(data, 4);
  view.setUint32(chunk.length - 4, crc32(data));
  return chunk;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** CRC-32 as in ISO 3309 (reflected polynomial 0xedb88320), bit by bit: the texts are short. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
