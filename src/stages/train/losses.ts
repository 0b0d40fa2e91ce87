/** What the progress bar, the summary and the figures say of a row of losses. */

/** The last `count` values, or all where there are fewer; a view. */
export function lastOf(values: Float32Array, count: number): Float32Array {
  return values.subarray(Math.max(0, values.length - count));
}

/** The mean. */
export function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value with so many decimals. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
