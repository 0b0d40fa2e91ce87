/**
 * The Frechet distance between normal distributions fitted to rows of features, of which there may be thousands.
 *
 * Features of many dimensions (all pixels) are split by the fixed set: its leading principal directions
 * are compared exactly, of all others the mean and the total variance,
 *
 *     d^2 >= d^2(leading) + |m1 - m2|^2(others) + (sqrt tr S1(others) - sqrt tr S2(others))^2
 *
 * a lower bound, since fidelity only grows when blocks are looked at apart and is at most sqrt(tr S1 tr S2).
 */
import { fitGaussian, frechetFrom } from "./frechet.ts";
import { dotRows } from "./matmul.ts";
import { principalDirections } from "./principal.ts";

/** The distance of rows from a fixed set, perhaps under the weights of a resample. */
type Distance = (weights?: ArrayLike<number>) => number;

/** Prepares a fixed set of `count` rows; at most `components` directions are compared exactly. */
export function frechetToRows(
  real: Float32Array,
  count: number,
  components: number,
): (rows: Float32Array) => Distance {
  const width = real.length / count;
  if (width <= components) {
    const distance = frechetFrom(fitGaussian(real, width));
    return (rows) => (weights) => distance(fitGaussian(rows, width, weights));
  }
  const centre = columnMeans(real, width);
  const directions = principalDirections(less(real, centre), width, components);
  const own = split(less(real, centre), width, directions);
  const distance = frechetFrom(fitGaussian(own.leading, components));
  const spread = Math.sqrt(moments(own.others, width).variance);
  return (rows) => {
    const { leading, others } = split(less(rows, centre), width, directions);
    return (weights) => {
      const { shift, variance } = moments(others, width, weights);
      const block = distance(fitGaussian(leading, components, weights));
      return block + shift + (Math.sqrt(variance) - spread) ** 2;
    };
  };
}

/** Coordinates along orthonormal directions [k, width], and what they leave of the rows. */
function split(rows: Float32Array, width: number, directions: Float32Array) {
  const k = directions.length / width;
  const leading = dotRows(rows, directions, width);
  const others = rows.slice();
  for (let i = 0; i < rows.length / width; i++) {
    for (let d = 0; d < k; d++) {
      const along = leading[i * k + d];
      for (let c = 0; c < width; c++) others[i * width + c] -= along * directions[d * width + c];
    }
  }
  return { leading, others };
}

/** Squared norm of the mean, and total variance (over count - 1). */
function moments(rows: Float32Array, width: number, weights?: ArrayLike<number>) {
  const count = rows.length / width;
  const mean = columnMeans(rows, width, weights);
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights?.[i] ?? 1;
    if (weight === 0) continue;
    let sum = 0;
    for (let c = 0; c < width; c++) sum += (rows[i * width + c] - mean[c]) ** 2;
    squares += weight * sum;
  }
  const shift = mean.reduce((sum, x) => sum + x * x, 0);
  return { shift, variance: squares / Math.max(1, count - 1) };
}

function columnMeans(rows: Float32Array, width: number, weights?: ArrayLike<number>): Float64Array {
  const count = rows.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < count; i++) {
    const weight = (weights?.[i] ?? 1) / count;
    if (weight === 0) continue;
    for (let c = 0; c < width; c++) mean[c] += weight * rows[i * width + c];
  }
  return mean;
}

function less(rows: Float32Array, centre: Float64Array): Float32Array {
  return rows.map((value, i) => value - centre[i % centre.length]);
}
