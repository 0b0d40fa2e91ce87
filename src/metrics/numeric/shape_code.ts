/**
 * The shape of an image apart from its colours: between which neighbouring pixels there is an edge, as bits. Two
 * images of one drawing in other colours have one code; the same drawing a pixel to the side has another.
 */
import type { ImageShape } from "../metric.ts";

/** Codes of images, `words` numbers of 32 bits each, and how many bits are set in each code. */
export interface ShapeCodes {
  readonly words: number;
  readonly bits: Uint32Array;
  readonly set: Uint32Array;
}

/**
 * The codes of images [n, C, H, W]. There is an edge between neighbours whose values differ by more than `threshold`,
 * as a root mean square over channels, in shares of the channels' `ranges`.
 */
export function shapeCodes(
  data: Float32Array,
  [channels, height, width]: ImageShape,
  ranges: readonly number[],
  threshold: number,
): ShapeCodes {
  const plane = height * width;
  const count = data.length / (channels * plane);
  const words = Math.max(1, Math.ceil((2 * plane - height - width) / 32));
  const bits = new Uint32Array(count * words);
  const set = new Uint32Array(count);
  const weights = ranges.map((range) => 1 / (range * range * channels));
  const limit = threshold * threshold;
  for (let n = 0; n < count; n++) {
    let bit = 0;
    for (const [step, h, w] of [[1, height, width - 1], [width, height - 1, width]]) {
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++, bit++) {
          let squares = 0;
          for (let c = 0, p = n * channels * plane + y * width + x; c < channels; c++, p += plane) {
            squares += weights[c] * (data[p] - data[p + step]) ** 2;
          }
          if (squares <= limit) continue;
          bits[n * words + (bit >> 5)] |= 1 << (bit & 31);
          set[n]++;
        }
      }
    }
  }
  return { words, bits, set };
}

/** Words after which the distance so far is compared with the bound. */
const CHUNK = 16;

/**
 * Jaccard's distance between the edges of two images: 1 - |both| / |either|, 0 where neither has any. Once it is
 * known to be above `bound`, some number above `bound`.
 */
export function shapeDistance(
  a: ShapeCodes,
  i: number,
  b: ShapeCodes,
  j: number,
  bound: number,
): number {
  const [ones, others] = [a.set[i], b.set[j]];
  if (ones + others === 0) return 0;
  // At best the smaller set of edges lies in the larger one.
  const least = distanceOf(Math.abs(ones - others), ones + others);
  if (least > bound) return least;
  let different = 0;
  let distance = 0;
  const { words } = a;
  for (let from = 0; from < words; from += CHUNK) {
    const to = Math.min(from + CHUNK, words);
    for (let w = from; w < to; w++) {
      different += ones32(a.bits[i * words + w] ^ b.bits[j * words + w]);
    }
    distance = distanceOf(different, ones + others);
    if (distance > bound) return distance;
  }
  return distance;
}

/**
 * |different| / |either|, where |either| = (|a| + |b| + |different|) / 2. It grows with every difference, rounding
 * included: a bound from fewer differences never exceeds the distance.
 */
const distanceOf = (different: number, all: number) => 2 * different / (all + different);

/** The number of ones among 32 bits (Warren, Hacker's Delight, figure 5-2). */
function ones32(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
