/** Affine maps of images and label columns: between stored values and those that a model is given. */
import type { NdArray, TypedArray } from "./nd_array.ts";

/** An affine map per channel: model value = stored value * scale + offset. */
export interface Affine {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** The map that leaves the values of so many channels as they are. */
export function identity(channels: number): Affine {
  return { scale: Array(channels).fill(1), offset: Array(channels).fill(0) };
}

/** Stored values [N, C, H, W] as model values, rounded to float32. */
export function toModelValues(stored: NdArray, { scale, offset }: Affine): NdArray<Float32Array> {
  const values = new Float32Array(stored.data.length);
  eachPlane(stored, (channel, start, end) => {
    for (let i = start; i < end; i++) {
      values[i] = Number(stored.data[i]) * scale[channel] + offset[channel];
    }
  });
  return { dtype: "float32", shape: stored.shape, data: values };
}

/** Model values [n, C, H, W] of one map as those of another, by way of stored values. */
export function remapped(
  data: Float32Array,
  [channels, height, width]: readonly number[],
  from: Affine,
  to: Affine,
): Float32Array {
  const plane = height * width;
  return data.map((value, i) => {
    const c = Math.floor(i / plane) % channels;
    return (value - from.offset[c]) / from.scale[c] * to.scale[c] + to.offset[c];
  });
}

/** Rows [N, L] through a map per column, rounded to float32. */
export function mappedColumns(
  { shape, data }: NdArray,
  { scale, offset }: Affine,
): NdArray<Float32Array> {
  const width = shape[1];
  const values = Float32Array.from(
    data as ArrayLike<number>,
    (value, i) => value * scale[i % width] + offset[i % width],
  );
  return { dtype: "float32", shape, data: values };
}

/** Calls back with the channel and the element range of every plane of an array [N, C, H, W]. */
export function eachPlane(
  { shape, data }: NdArray<TypedArray>,
  visit: (channel: number, start: number, end: number) => void,
): void {
  const [, channels, height, width] = shape;
  const plane = height * width;
  for (let start = 0, p = 0; start < data.length; start += plane, p++) {
    visit(p % channels, start, start + plane);
  }
}
