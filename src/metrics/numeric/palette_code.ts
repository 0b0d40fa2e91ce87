/**
 * The colours of an image apart from where they are: quantiles of its pixels along a few directions of colour space.
 *
 * The root mean square difference of two codes is a sliced Wasserstein distance between their colours (Rabin et al.,
 * Wasserstein Barycenter and its Application to Texture Mixing, 2011), so a colour that is nearly another is near it,
 * which bins of a histogram cannot say. How much there is of a colour counts, its place does not.
 */
import type { ImageShape } from "../metric.ts";
import { coarseFirst } from "./haar.ts";

/** Quantiles per direction. */
const QUANTILES = 16;
/** Pixels looked at per image: one of every k of larger ones. */
const MOST_PIXELS = 1024;
/** (sqrt(5) - 1) / 2: its multiples fill 0..1 evenly (Weyl). */
const GOLDEN = 0.6180339887498949;

/** Codes of images, `width` numbers each, coarse first: the leading ones bound the distance from below. */
export interface PaletteCodes {
  readonly width: number;
  readonly data: Float32Array;
}

/** A coder of images [n, C, H, W] of one shape, in shares of the channels' `ranges`. */
export function paletteCoder(
  [channels, height, width]: ImageShape,
  ranges: readonly number[],
): (data: Float32Array) => PaletteCodes {
  const plane = height * width;
  const looked = lookedAt(plane);
  const pixels = looked.length;
  const quantiles = Math.min(QUANTILES, pixels);
  const directions = colourDirections(channels).map((d) => d.map((x, c) => x / ranges[c]));
  const codeWidth = directions.length * quantiles;
  // Scaled so that the squared distance of two codes is the mean over directions and quantiles.
  const scale = 1 / Math.sqrt(codeWidth);
  const order = coarseFirst([directions.length, 1, quantiles]);
  const along = new Float32Array(pixels);
  return (data) => {
    const count = data.length / (channels * plane);
    const codes = new Float32Array(count * codeWidth);
    for (let n = 0; n < count; n++) {
      directions.forEach((direction, d) => {
        for (let i = 0; i < pixels; i++) {
          let sum = 0;
          for (let c = 0, p = n * channels * plane + looked[i]; c < channels; c++, p += plane) {
            sum += direction[c] * data[p];
          }
          along[i] = sum;
        }
        along.sort();
        const to = n * codeWidth + d * quantiles;
        for (let q = 0; q < quantiles; q++) codes[to + q] = scale * meanOfPart(along, q, quantiles);
      });
    }
    return { width: codeWidth, data: order(codes) };
  };
}

/** One pixel of every k in a row, now here and now there among them: the k-th ones alone would lie in few columns. */
function lookedAt(plane: number): Int32Array {
  const step = Math.ceil(plane / MOST_PIXELS);
  return Int32Array.from(
    { length: Math.ceil(plane / step) },
    (_, i) => Math.min(plane - 1, i * step + Math.floor(i * GOLDEN % 1 * step)),
  );
}

/** The mean of the q-th of `parts` equal runs of ascending values. */
function meanOfPart(values: Float32Array, q: number, parts: number): number {
  const from = Math.floor(q * values.length / parts);
  const to = Math.floor((q + 1) * values.length / parts);
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
}

/** Unit vectors: every channel, the difference of every two, and the sum of all. */
function colourDirections(channels: number): number[][] {
  const axis = (c: number) => Array.from({ length: channels }, (_, i) => (i === c ? 1 : 0));
  const axes = Array.from({ length: channels }, (_, c) => axis(c));
  if (channels === 1) return axes;
  const differences = axes.flatMap((a, i) =>
    axes.slice(i + 1).map((b) => a.map((x, c) => (x - b[c]) * Math.SQRT1_2))
  );
  return [...axes, ...differences, new Array<number>(channels).fill(1 / Math.sqrt(channels))];
}

/** Numbers after which the distance so far is compared with the bound. */
const CHUNK = 16;

/** The distance of two palettes in shares of the range, or, once it is known to be above `bound`, some such number. */
export function paletteDistance(
  a: PaletteCodes,
  i: number,
  b: PaletteCodes,
  j: number,
  bound: number,
): number {
  const { width } = a;
  const limit = bound * bound;
  let sum = 0;
  for (let from = 0; from < width; from += CHUNK) {
    const to = Math.min(from + CHUNK, width);
    for (let k = from; k < to; k++) sum += (a.data[i * width + k] - b.data[j * width + k]) ** 2;
    if (sum > limit) break;
  }
  return Math.sqrt(sum);
}
