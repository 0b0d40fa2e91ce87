/**
 * Haar's wavelet transform of images, written coarse first: an orthonormal change of basis, so that distances
 * stay what they are, after which a few leading numbers hold most of a distance.
 *
 * That makes an exact search for neighbours cheap: the sum of squares over the leading numbers is a lower bound
 * of the whole, and most candidates are out after the first 32 of 768 (nearest_neighbour.ts).
 */
import type { ImageShape } from "../metric.ts";

/** A transform of rows of C*H*W values, in place; any height and width. */
export type CoarseFirst = (rows: Float32Array) => Float32Array;

/** The transform for one image shape. */
export function coarseFirst(shape: ImageShape): CoarseFirst {
  const [channels, height, width] = shape;
  const order = coarseOrder(shape);
  const plane = new Float64Array(height * width);
  const line = new Float64Array(Math.max(height, width));
  const image = new Float32Array(channels * height * width);
  return (rows) => {
    for (let start = 0; start < rows.length; start += image.length) {
      for (let c = 0; c < channels; c++) {
        const offset = start + c * plane.length;
        for (let p = 0; p < plane.length; p++) plane[p] = rows[offset + p];
        transformPlane(plane, height, width, line);
        image.set(plane, c * plane.length);
      }
      for (let i = 0; i < image.length; i++) rows[start + i] = image[order[i]];
    }
    return rows;
  };
}

/** Averages and differences of neighbours, then the same on the quarter that holds the averages, to the end. */
function transformPlane(
  plane: Float64Array,
  height: number,
  width: number,
  line: Float64Array,
): void {
  for (
    let [h, w] = [height, width];
    h > 1 || w > 1;
    [h, w] = [Math.ceil(h / 2), Math.ceil(w / 2)]
  ) {
    for (let y = 0; y < h; y++) transformLine(plane, y * width, 1, w, line);
    for (let x = 0; x < w; x++) transformLine(plane, x, width, h, line);
  }
}

/** (a, b) -> (a + b, a - b) / sqrt 2; sums to the front, differences behind; an odd last value stays a sum. */
function transformLine(
  plane: Float64Array,
  start: number,
  stride: number,
  length: number,
  line: Float64Array,
): void {
  if (length < 2) return;
  const half = Math.ceil(length / 2);
  const pairs = Math.floor(length / 2);
  for (let i = 0; i < pairs; i++) {
    const a = plane[start + 2 * i * stride];
    const b = plane[start + (2 * i + 1) * stride];
    line[i] = (a + b) * Math.SQRT1_2;
    line[half + i] = (a - b) * Math.SQRT1_2;
  }
  if (half > pairs) line[pairs] = plane[start + (length - 1) * stride];
  for (let i = 0; i < length; i++) plane[start + i * stride] = line[i];
}

/** Positions of a transformed image in order of detail: those of small x and y hold the coarse sums. */
function coarseOrder([channels, height, width]: ImageShape): Uint32Array {
  const detail = (position: number) => {
    const pixel = position % (height * width);
    return Math.max(Math.floor(pixel / width), pixel % width);
  };
  return Uint32Array.from({ length: channels * height * width }, (_, i) => i)
    .sort((a, b) => detail(a) - detail(b) || a - b);
}
