/**
 * The squared maximum mean discrepancy between two sets of features, without bias, under the polynomial kernel of
 * degree 3 (Binkowski et al., Demystifying MMD GANs, 2018, section 4):
 *
 *     k(x, y) = (x . y / d + 1)^3
 *     MMD^2   = mean of k(x_i, x_j), i != j  +  mean of k(y_i, y_j), i != j  -  2 mean of k(x_i, y_j)
 *
 * Sets of one size may be seen as pairs (x_i, y_i), and then the last mean, too, leaves out i = j: as free of bias,
 * and 0, up to rounding, for a set against itself (Gretton et al., A Kernel Two-Sample Test, 2012, equation 4).
 */
import { dotRows } from "./matmul.ts";

type Pause = () => Promise<void>;

/** Rows of products at a time: 128 x 5,000 take 2.5 MB. */
const BLOCK = 128;

/** The distance and the same for every resample of x, given how often each row of x occurs in it. */
export interface KernelDistance {
  readonly value: number;
  readonly resampled: readonly number[];
}

/** Measures sets from a fixed one, whose own term is computed once. */
export type KernelDistanceFrom = (
  rows: Float32Array,
  resamples: readonly ArrayLike<number>[],
) => Promise<KernelDistance>;

/** Prepares a fixed set y of rows of `width` features; every set needs at least two rows. */
export async function kernelDistanceFrom(
  y: Float32Array,
  width: number,
  pause: Pause,
): Promise<KernelDistanceFrom> {
  const own = await within(y, width, [], pause);
  return async (x, resamples) => {
    const first = await within(x, width, resamples, pause);
    const means = await across(x, y, width, pause);
    const count = means.length;
    const mean = (weights?: ArrayLike<number>) =>
      means.reduce((sum, value, i) => sum + (weights?.[i] ?? 1) * value, 0) / count;
    return {
      value: first.value + own.value - 2 * mean(),
      resampled: resamples.map((w, r) => first.resampled[r] + own.value - 2 * mean(w)),
    };
  };
}

/** The mean of k over pairs of different rows, and over pairs of different places in each resample. */
async function within(
  x: Float32Array,
  width: number,
  resamples: readonly ArrayLike<number>[],
  pause: Pause,
): Promise<KernelDistance> {
  const count = x.length / width;
  const weights = new Float32Array((resamples.length + 1) * count).fill(1);
  resamples.forEach((counts, r) => weights.set(counts, (r + 1) * count));
  const sums = new Float64Array(resamples.length + 1);
  for (let start = 0; start < count; start += BLOCK) {
    const kernel = kernelRows(x, start, x, width);
    const rows = kernel.length / count;
    // Sums over one side for all resamples at once, [rows, resamples + 1].
    const sides = dotRows(kernel, weights, count);
    for (let i = 0; i < rows; i++) {
      const itself = kernel[i * count + start + i];
      for (let r = 0; r < sums.length; r++) {
        sums[r] += weights[r * count + start + i] * (sides[i * sums.length + r] - itself);
      }
    }
    await pause();
  }
  const [value, ...resampled] = sums.map((sum) => sum / (count * (count - 1)));
  return { value, resampled };
}

/** For every row of x, its mean of k over the rows of y; without its partner where the sets are of one size. */
async function across(
  x: Float32Array,
  y: Float32Array,
  width: number,
  pause: Pause,
): Promise<Float64Array> {
  const [m, n] = [x.length / width, y.length / width];
  const means = new Float64Array(m);
  for (let start = 0; start < m; start += BLOCK) {
    const kernel = kernelRows(x, start, y, width);
    for (let i = 0; i < kernel.length / n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += kernel[i * n + j];
      const paired = m === n;
      means[start + i] = paired ? (sum - kernel[i * n + start + i]) / (n - 1) : sum / n;
    }
    await pause();
  }
  return means;
}

/** k of up to BLOCK rows of x from `start` on with all rows of y. */
function kernelRows(x: Float32Array, start: number, y: Float32Array, width: number): Float32Array {
  const rows = dotRows(x.subarray(start * width, (start + BLOCK) * width), y, width);
  for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] / width + 1) ** 3;
  return rows;
}
