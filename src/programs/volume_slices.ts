/**
 * How a volume lies in memory and is cut into slices along an axis, and slices put back; which of them a model is asked
 * for together. It knows no model.
 */
import { elementCount } from "../base/nd_array.ts";

/** The axes of a volume [C, D, H, W] behind its channels, in their order. */
export const axisNames = ["z", "y", "x"] as const;
export type Axis = typeof axisNames[number];

/** Voxels along z, y and x: [D, H, W]. */
export type VolumeSize = readonly [number, number, number];

/** A volume's values are the elements of one random stream, which has no more (base/random.ts). */
export const MOST_VALUES = 2 ** 24;

/** Slices that are cut perpendicular to an axis. */
export function sliceCount(size: VolumeSize, axis: Axis): number {
  return size[axisNames.indexOf(axis)];
}

/** Rows and columns of a slice: the other two axes in their order, so that a cut along z is [H, W]. */
export function slicePixels(size: VolumeSize, axis: Axis): readonly [number, number] {
  const [rows, columns] = size.filter((_, i) => i !== axisNames.indexOf(axis));
  return [rows, columns];
}

/** Along which axes the model is asked in a step. */
export const denoisings = ["alternating", "averaged"] as const;
export type Denoising = typeof denoisings[number];

/** The axes along which the model is asked in a row of the table. */
export function axesOfRow(
  { axes, denoising }: { readonly axes: readonly Axis[]; readonly denoising: Denoising },
  row: number,
): readonly Axis[] {
  return denoising === "averaged" ? axes : [axes[row % axes.length]];
}

/** Slices in a batch along an axis: as even as batches of at most `most` can be. */
export function sliceBatch(size: VolumeSize, axis: Axis, most: number): number {
  const slices = sliceCount(size, axis);
  return Math.ceil(slices / Math.ceil(slices / most));
}

/** Slices `first` to `first + count - 1` along an axis. */
export interface SliceRange {
  readonly axis: Axis;
  readonly first: number;
  readonly count: number;
}

/**
 * Reads slices out of a volume [C, D, H, W]: [length, C, rows, columns] times `factor`, where slices after the
 * `count` wanted ones are zeros.
 */
export function readSlices(
  volume: ArrayLike<number>,
  size: VolumeSize,
  range: SliceRange,
  { length = range.count, factor = 1 }: { readonly length?: number; readonly factor?: number } = {},
): Float32Array {
  const channels = volume.length / elementCount(size);
  const slices = new Float32Array(length * channels * elementCount(slicePixels(size, range.axis)));
  eachRow(size, channels, range, (at, from, step, columns) => {
    for (let i = 0; i < columns; i++) slices[at + i] = factor * volume[from + i * step];
  });
  return slices;
}

/** Adds slices [>= count, C, rows, columns] times `factor` to their places in a volume [C, D, H, W]. */
export function addSlices(
  volume: Float64Array,
  size: VolumeSize,
  range: SliceRange,
  slices: ArrayLike<number>,
  factor: number,
): void {
  const channels = volume.length / elementCount(size);
  eachRow(size, channels, range, (at, from, step, columns) => {
    for (let i = 0; i < columns; i++) volume[from + i * step] += factor * slices[at + i];
  });
}

/**
 * Visits the rows of slices: where a row begins among the slices and in the volume, the distance of its pixels in the
 * volume, and their number.
 */
function eachRow(
  size: VolumeSize,
  channels: number,
  { axis, first, count }: SliceRange,
  visit: (at: number, from: number, step: number, columns: number) => void,
): void {
  const [rows, columns] = slicePixels(size, axis);
  const strides = [size[1] * size[2], size[2], 1];
  const [across] = strides.splice(axisNames.indexOf(axis), 1);
  const [down, step] = strides;
  const voxels = elementCount(size);
  let at = 0;
  for (let slice = first; slice < first + count; slice++) {
    for (let c = 0; c < channels; c++) {
      for (let row = 0; row < rows; row++, at += columns) {
        visit(at, c * voxels + slice * across + row * down, step, columns);
      }
    }
  }
}
