/**
 * Text in PNG files, so that a picture that was copied elsewhere still says what made it. Encodes no pictures.
 *
 * The chunk `tEXt` holds `keyword NUL text` in Latin-1 (PNG specification, third edition, 11.3.3.2).
 */
import { type PngChunk, pngChunk, pngChunks, pngOf } from "./png_chunks.ts";

export { isPng } from "./png_chunks.ts";

/** Keyword of the text that names the artifact to which a picture belongs: its key. */
export const keyKeyword = "bruit:key";

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
  const others = pngChunks(png).filter((chunk) => keywordOf(chunk) !== keyword);
  return pngOf(
    others.flatMap(({ type, bytes }) =>
      type === "IEND" ? [textChunk(keyword, text), bytes] : [bytes]
    ),
  );
}

/** Text under a keyword; undefined where there is none. */
export function pngText(png: Uint8Array, keyword: string): string | undefined {
  const chunk = pngChunks(png).find((chunk) => keywordOf(chunk) === keyword);
  return chunk && latin1(chunk.data.subarray(keyword.length + 1));
}

function keywordOf({ type, data }: PngChunk): string | undefined {
  return type === "tEXt" ? latin1(data.subarray(0, data.indexOf(0))) : undefined;
}

function textChunk(keyword: string, text: string): Uint8Array {
  return pngChunk("tEXt", Uint8Array.from(`${keyword}\0${text}`, (letter) => letter.charCodeAt(0)));
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
