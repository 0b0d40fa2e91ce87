/** Statistics per channel of the images of one split, in two passes over blocks; nothing is kept in memory. */
import { eachPlane } from "../base/affine.ts";
import type { ImageSplit } from "./images.ts";
import type { NdArray } from "../base/nd_array.ts";

/** What is known of one channel, in stored units. */
export interface ChannelStatistics {
  readonly mean: number;
  /** Population standard deviation: divided by the number of values. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** Values per bin. */
  readonly histogram: Float64Array;
  /** Middle of every bin. */
  readonly centres: readonly number[];
}

/** Bins of a histogram: one per value of uint8, as many for float32. */
const BINS = 256;
/** Bytes of values that are read at a time. */
const BLOCK = 4 << 20;

/** Statistics of all channels of a split. `pause` is awaited between blocks. */
export async function channelStatistics(
  split: ImageSplit,
  channels: number,
  pause: (done: number) => Promise<void>,
): Promise<ChannelStatistics[]> {
  const sums = Array.from(
    { length: channels },
    () => ({ count: 0, sum: 0, min: Infinity, max: -Infinity }),
  );
  const bytes = await eachBlock(split, pause, (channel, values, start, end) => {
    const at = sums[channel];
    at.count += end - start;
    for (let i = start; i < end; i++) {
      const value = Number(values[i]);
      at.sum += value;
      if (value < at.min) at.min = value;
      if (value > at.max) at.max = value;
    }
  });
  const bins = sums.map(({ count, sum, min, max }) => {
    const width = bytes ? 1 : (max - min) / BINS || 1;
    const first = bytes ? 0 : min + width / 2;
    const centres = Array.from({ length: BINS }, (_, i) => first + i * width);
    return {
      mean: sum / count,
      count,
      min,
      max,
      width,
      first,
      centres,
      squares: 0,
      histogram: new Float64Array(BINS),
    };
  });
  // The second pass sums squared distances from the mean: sum(x^2) - n mean^2 would cancel for large offsets.
  await eachBlock(split, pause, (channel, values, start, end) => {
    const at = bins[channel];
    for (let i = start; i < end; i++) {
      const value = Number(values[i]);
      at.squares += (value - at.mean) ** 2;
      at.histogram[Math.min(BINS - 1, Math.max(0, Math.round((value - at.first) / at.width)))]++;
    }
  });
  return bins.map(({ mean, squares, count, min, max, histogram, centres }) => {
    return { mean, std: Math.sqrt(squares / count), min, max, histogram, centres };
  });
}

/** What is known of one column of labels, in their own units. */
export type ColumnStatistics = Pick<ChannelStatistics, "mean" | "std" | "min" | "max">;

/** Statistics of every column of an array [N, L]. */
export function columnStatistics({ shape: [count, width], data }: NdArray): ColumnStatistics[] {
  return Array.from({ length: width }, (_, column) => {
    let sum = 0, min = Infinity, max = -Infinity, squares = 0;
    for (let i = column; i < data.length; i += width) {
      const value = Number(data[i]);
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const mean = sum / count;
    for (let i = column; i < data.length; i += width) squares += (Number(data[i]) - mean) ** 2;
    return { mean, std: Math.sqrt(squares / count), min, max };
  });
}

/** Visits the planes of all images, block by block; true where the values are bytes. */
async function eachBlock(
  split: ImageSplit,
  pause: (done: number) => Promise<void>,
  visit: (channel: number, values: ArrayLike<number | bigint>, start: number, end: number) => void,
): Promise<boolean> {
  const size = split.stored(0, 1).data;
  const rows = Math.max(1, Math.floor(BLOCK / size.byteLength));
  for (let start = 0; start < split.count; start += rows) {
    await pause(start);
    const block = split.stored(start, Math.min(rows, split.count - start));
    eachPlane(block, (channel, from, to) => visit(channel, block.data, from, to));
  }
  return size instanceof Uint8Array;
}

/** Bins of a chart of one quantity: a few hundred images settle their heights. */
export const QUANTITY_BINS = 64;

/**
 * Bins of a histogram as points [middle, share of all values], neighbours taken together until there are `bins` of
 * them, which must divide their number.
 */
export function binShares(
  centres: ArrayLike<number>,
  counts: ArrayLike<number>,
  bins: number,
): [number, number][] {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  const joined = counts.length / bins;
  return Array.from({ length: bins }, (_, bin) => {
    const first = bin * joined, last = first + joined - 1;
    let count = 0;
    for (let i = first; i <= last; i++) count += counts[i];
    return [(centres[first] + centres[last]) / 2, count / total];
  });
}
