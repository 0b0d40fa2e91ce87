/** What makes a metric's cost independent of image size and units: averaging down, and the range of each channel. */
import type { ImageRows, ImageShape } from "../metric.ts";

/** Rows of images and their shape. */
export interface ShapedRows {
  readonly shape: ImageShape;
  readonly data: Float32Array;
}

/**
 * Images averaged down by a whole factor so that no side is above `largest`; what is left over at the right and the
 * bottom is dropped. Small images come back as they are.
 */
export function averagedDown(data: Float32Array, shape: ImageShape, largest: number): ShapedRows {
  const [channels, height, width] = shape;
  const factor = Math.ceil(Math.max(height, width) / largest);
  if (factor <= 1) return { shape, data };
  const [fy, fx] = [Math.min(factor, height), Math.min(factor, width)];
  const [h, w] = [Math.floor(height / fy), Math.floor(width / fx)];
  const planes = data.length / (height * width);
  const means = new Float32Array(planes * h * w);
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < h * fy; y++) {
      const to = (plane * h + Math.floor(y / fy)) * w;
      const from = (plane * height + y) * width;
      for (let x = 0; x < w * fx; x++) means[to + Math.floor(x / fx)] += data[from + x] / (fy * fx);
    }
  }
  return { shape: [channels, h, w], data: means };
}

/** Per channel the largest value less the least, 1 where all values are equal. */
export function channelRanges(
  { data }: ImageRows,
  [channels, height, width]: ImageShape,
): number[] {
  const least = new Array<number>(channels).fill(Infinity);
  const most = new Array<number>(channels).fill(-Infinity);
  const plane = height * width;
  for (let i = 0; i < data.length; i++) {
    const c = Math.floor(i / plane) % channels;
    if (data[i] < least[c]) least[c] = data[i];
    if (data[i] > most[c]) most[c] = data[i];
  }
  return most.map((value, c) => value - least[c] || 1);
}
