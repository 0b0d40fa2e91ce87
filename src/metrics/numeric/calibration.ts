/** Distances of samples on the scale of the same distances of real images. */

/**
 * Share of ascending values that are larger than `value`, equal ones counted half. Averaged over a set it is the
 * probability of superiority (Mann and Whitney, 1947), so a set against itself gives 0.5, whatever repeats in it:
 * where half of the real images have an exact copy among the others, a median would be 0 and nothing below it.
 */
export function shareAbove(sorted: Float64Array, value: number): number {
  const below = countWhile(sorted, (other) => other < value);
  const upTo = countWhile(sorted, (other) => other <= value);
  return 1 - (below + upTo) / (2 * sorted.length);
}

/** How many of the first values hold, for a condition that holds up to some value and not after it. */
function countWhile(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The nearest of real images: the value that the share `part` of ascending values does not exceed. */
export function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.floor(part * (sorted.length - 1))];
}
