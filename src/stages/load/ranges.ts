/** The extremes of stored values, by which pictures of them are drawn: of all, or of each channel by itself. */
import type { ImagesMeta } from "../../artifacts/images.ts";
import { wideInterval } from "../../artifacts/interval.ts";
import { elementCount } from "../../base/nd_array.ts";

type Range = readonly [number, number];

/**
 * Extremes of images that are added block by block. Those of colours are kept for float32 alone, which has no black
 * and white of its own; those of channels that are quantities of their own always, unless they are known.
 */
export class ValueRanges {
  private readonly low: number[];
  private readonly high: number[];
  private readonly plane: number;

  constructor(private readonly meta: ImagesMeta) {
    const count = meta.channels?.length ?? 1;
    this.low = Array(count).fill(Infinity);
    this.high = Array(count).fill(-Infinity);
    this.plane = elementCount(meta.shape) / count;
  }

  /** Looks at images [n, C, H, W]. */
  add(images: Uint8Array | Float32Array): void {
    const { channels, ranges } = this.meta;
    if (ranges || !channels && images instanceof Uint8Array) return;
    for (let at = 0, p = 0; at < images.length; at += this.plane, p++) {
      const channel = p % this.low.length;
      let low = this.low[channel], high = this.high[channel];
      for (let i = at; i < at + this.plane; i++) {
        if (images[i] < low) low = images[i];
        if (images[i] > high) high = images[i];
      }
      this.low[channel] = low;
      this.high[channel] = high;
    }
  }

  /** What `meta` is to say of it. */
  appearance(): Pick<ImagesMeta, "range" | "ranges"> {
    const { channels, ranges } = this.meta;
    if (ranges) return {};
    const found = this.low.map((low, i): Range => [low, this.high[i]]);
    // A channel of one value is shown black.
    if (channels) return { ranges: found.map(([low, high]) => wideInterval(low, high)) };
    const [[low, high]] = found;
    return low < high ? { range: [low, high] } : {};
  }
}
