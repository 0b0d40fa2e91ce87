/** The two-point correlation S2(r) of a phase: Torquato, Random Heterogeneous Materials (2002), section 2.2. */
import { autocorrelator, type Extent } from "./autocorrelation.ts";

/**
 * Makes the function from a phase [H, W] of zeros and ones to S2(0), S2(1), ..., S2(longest): the chance that two
 * points at a distance of r pixels both lie in the phase. S2(0) is the phase's share.
 *
 * Lags are averaged over rings one pixel wide, each counted by its pairs of pixels, and the value at r is read
 * between the rings' mean distances: taken at the ring's nominal distance it would be off by 20% of the slope at
 * r = 1. `longest` is below both extents.
 */
export async function twoPointCorrelation(
  extent: Extent,
  longest: number,
): Promise<(phase: ArrayLike<number>) => Float64Array> {
  const { height, width, periodic } = extent;
  const correlate = await autocorrelator(extent);
  const [rows, columns] = periodic ? [height, width] : [2 * height - 1, 2 * width - 1];
  const rings = longest + 2;
  const ringOf = new Int32Array(rows * columns);
  const pairs = new Float64Array(rings), distances = new Float64Array(rings);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) {
      const [dy, dx] = [y - Math.floor(rows / 2), x - Math.floor(columns / 2)];
      const distance = Math.hypot(dy, dx), ring = Math.round(distance);
      ringOf[i] = ring < rings ? ring : -1;
      if (ring >= rings) continue;
      const count = periodic ? height * width : (height - Math.abs(dy)) * (width - Math.abs(dx));
      pairs[ring] += count;
      distances[ring] += count * distance;
    }
  }
  const filled = [...pairs.keys()].filter((ring) => pairs[ring] > 0);
  const radii = filled.map((ring) => distances[ring] / pairs[ring]);
  return (phase) => {
    const sums = new Float64Array(rings);
    correlate(phase).data.forEach((sum, i) => {
      if (ringOf[i] >= 0) sums[ringOf[i]] += sum;
    });
    const values = filled.map((ring) => sums[ring] / pairs[ring]);
    return new Float64Array(longest + 1).map((_, r) => readBetween(radii, values, r));
  };
}

/** The value at `x` on the straight lines through points of ascending x; beyond the last point, its value. */
function readBetween(xs: readonly number[], values: readonly number[], x: number): number {
  const next = xs.findIndex((other) => other >= x);
  if (next < 0) return values[values.length - 1];
  if (next === 0) return values[0];
  const share = (x - xs[next - 1]) / (xs[next] - xs[next - 1]);
  return values[next - 1] + share * (values[next] - values[next - 1]);
}
