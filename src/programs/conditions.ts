/** Conditions of samples, cut into batches. */
import { float32, type NdArray } from "../base/nd_array.ts";

/** Rows `first` to `first + count - 1` of conditions [N, Z]; zeros where they have ended. */
export function conditionRows(
  { shape: [, width], data }: NdArray<Float32Array>,
  first: number,
  count: number,
): NdArray<Float32Array> {
  const rows = new Float32Array(count * width);
  rows.set(data.subarray(first * width, (first + count) * width));
  return float32([count, width], rows);
}
