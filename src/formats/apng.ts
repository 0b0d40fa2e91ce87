/**
 * Animated PNG of 8-bit grey or RGB pixels: encode only. A file is an ordinary PNG with more chunks, so that a program
 * that knows no animations shows its still image (PNG specification, third edition, sections 11.3.6 and 4.9):
 *
 *     IHDR
 *     acTL            number of frames, number of plays (0: without end)
 *     IDAT            the still image; it is no frame, because no fcTL comes before it
 *     fcTL fdAT       a frame: size, place and duration; then its pixels, packed as in IDAT
 *     ...             fcTL and fdAT are numbered together, from 0
 *     IEND
 *
 * Beside the PNG encoder that is there it takes three chunks, which is less than another encoder would be.
 */
import { type PngChunk, pngChunk, pngChunks, pngOf } from "../base/png_chunks.ts";
import { encodePng, type Pixels } from "./png.ts";

/** A picture and how long it is shown. */
export interface Frame {
  readonly pixels: Pixels;
  readonly durationMs: number;
}

/** Longest duration: a 16-bit number of milliseconds. */
const LONGEST_MS = 2 ** 16 - 1;

/**
 * Encodes frames of one size, which are played over and over, and a still image for programs that do not play.
 *
 * @example
 * ```ts
 * import { encodeApng } from "./apng.ts";
 * import { decodePng } from "./png.ts";
 * const grey = (value: number) => ({ width: 1, height: 1, channels: 1, data: Uint8Array.of(value) }) as const;
 * const bytes = await encodeApng([{ pixels: grey(0), durationMs: 100 }], grey(9));
 * if ((await decodePng(bytes, "still.png")).data[0] !== 9) throw new Error("not the still image");
 * ```
 */
export async function encodeApng(
  frames: readonly Frame[],
  still: Pixels,
): Promise<Uint8Array<ArrayBuffer>> {
  const first = pngChunks(await encodePng(still));
  const chunks = [
    ...bytesOf(first, "IHDR"),
    pngChunk("acTL", uint32s(frames.length, 0)),
    ...bytesOf(first, "IDAT"),
  ];
  let number = 0;
  for (const { pixels, durationMs } of frames) {
    if (!(["width", "height", "channels"] as const).every((name) => pixels[name] === still[name])) {
      throw new Error("the frames of an animation must be of the still image's size and colours");
    }
    chunks.push(pngChunk("fcTL", frameControl(number++, pixels, durationMs)));
    for (const { type, data } of pngChunks(await encodePng(pixels))) {
      if (type !== "IDAT") continue;
      const numbered = new Uint8Array(4 + data.length);
      numbered.set(uint32s(number++));
      numbered.set(data, 4);
      chunks.push(pngChunk("fdAT", numbered));
    }
  }
  return pngOf([...chunks, ...bytesOf(first, "IEND")]);
}

/** The whole picture at (0, 0), in place of the one before it (dispose 0, blend 0). */
function frameControl(number: number, { width, height }: Pixels, durationMs: number): Uint8Array {
  if (!(durationMs >= 1 && durationMs <= LONGEST_MS)) {
    throw new Error(`a frame cannot be shown for ${durationMs} ms`);
  }
  const control = new Uint8Array(26);
  control.set(uint32s(number, width, height, 0, 0));
  const view = new DataView(control.buffer);
  view.setUint16(20, Math.round(durationMs));
  view.setUint16(22, 1000);
  return control;
}

const bytesOf = (chunks: readonly PngChunk[], wanted: string) =>
  chunks.filter(({ type }) => type === wanted).map(({ bytes }) => bytes);

/** Big-endian. */
function uint32s(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}
