/** Statistics per channel of the images of one split, in two passes over blocks; nothing is kept in memory. */
import { eachPlane, type ImageSplit } from "../../artifacts/images.ts";

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
