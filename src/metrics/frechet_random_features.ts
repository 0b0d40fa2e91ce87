/**
 * The Frechet distance between normal distributions fitted to features of samples and of real images: the
 * formula of the FID (Heusel et al., GANs Trained by a Two Time-Scale Update Rule, 2017, equation 6), but on
 * random features (numeric/random_features.ts), not Inception's. Its values cannot be compared with FIDs.
 *
 *     d^2 = |m1 - m2|^2 + tr(S1 + S2 - 2 (S2^1/2 S1 S2^1/2)^1/2)
 *
 * A covariance from few images is too small in some directions, which adds to the distance (Chong & Forsyth,
 * Effectively Unbiased FID, 2020). Nothing is corrected; the reference value is computed from as few images and
 * carries the same excess.
 */
import { z } from "zod";
import type { ImageRows, Metric, MetricInput } from "./metric.ts";
import { bootstrapInterval, resampleCounts } from "./numeric/bootstrap.ts";
import { symmetricEigenvalues, symmetricSquareRoot } from "./numeric/eigen.ts";
import { FEATURE_COUNT, randomFeatures } from "./numeric/random_features.ts";

/** A normal distribution: mean [n] and covariance [n, n]. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

export const frechetRandomFeatures: Metric<Record<string, never>> = {
  kind: "frechet-random-features",
  summary:
    "Frechet distance on the features of a fixed random convolutional net (an FID without Inception)",
  params: z.strictObject({}),
  headlines: ["distance"],
  async compute(input) {
    const pause = () => input.pause();
    const real = await randomFeatures(input.reference, input.shape, pause);
    const distance = frechetFrom(fitGaussian(real, FEATURE_COUNT));
    const samples = await measure(input, input.samples, distance);
    const heldOut = await measure(input, input.heldOut, distance);
    return {
      measures: {
        distance: {
          meaning:
            `squared Frechet distance over ${FEATURE_COUNT} features, squared feature units; ` +
            "lower is closer",
          ...samples,
          reference: heldOut.value,
          referenceInterval: heldOut.interval,
        },
      },
      figures: [],
    };
  },
};

async function measure(
  input: MetricInput<unknown>,
  set: ImageRows,
  distance: (from: Gaussian) => number,
) {
  const features = await randomFeatures(set, input.shape, () => input.pause());
  const value = distance(fitGaussian(features, FEATURE_COUNT));
  const resampled: number[] = [];
  for (const weights of resampleCounts(input.random("frechet bootstrap"), set.count)) {
    resampled.push(distance(fitGaussian(features, FEATURE_COUNT, weights)));
    await input.pause();
  }
  return { value, interval: bootstrapInterval(value, resampled, 0) };
}

/** The distance d^2 of this file's header, from any normal distribution to a fixed one. */
export function frechetFrom(fixed: Gaussian): (other: Gaussian) => number {
  const n = fixed.mean.length;
  const root = symmetricSquareRoot(fixed.covariance, n);
  return ({ mean, covariance }) => {
    const product = multiply(multiply(root, covariance, n), root, n);
    let sum = symmetricEigenvalues(product, n)
      .reduce((total, value) => total - 2 * Math.sqrt(Math.max(0, value)), 0);
    for (let i = 0; i < n; i++) {
      sum += (mean[i] - fixed.mean[i]) ** 2 + covariance[i * n + i] + fixed.covariance[i * n + i];
    }
    return Math.max(0, sum);
  };
}

/** Mean and covariance (over count - 1) of rows of n features, each counted `weights` times. */
export function fitGaussian(rows: Float32Array, n: number, weights?: ArrayLike<number>): Gaussian {
  const count = rows.length / n;
  const mean = new Float64Array(n);
  for (let r = 0; r < count; r++) {
    const weight = weights?.[r] ?? 1;
    for (let i = 0; i < n; i++) mean[i] += weight * rows[r * n + i] / count;
  }
  const covariance = new Float64Array(n * n);
  const centred = new Float64Array(n);
  for (let r = 0; r < count; r++) {
    const weight = (weights?.[r] ?? 1) / Math.max(1, count - 1);
    if (weight === 0) continue;
    for (let i = 0; i < n; i++) centred[i] = rows[r * n + i] - mean[i];
    for (let i = 0; i < n; i++) {
      const factor = weight * centred[i];
      for (let j = 0; j <= i; j++) covariance[i * n + j] += factor * centred[j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) covariance[j * n + i] = covariance[i * n + j];
  }
  return { mean, covariance };
}

/** A B for square matrices. */
function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      for (let j = 0; j < n; j++) product[i * n + j] += factor * b[k * n + j];
    }
  }
  return product;
}
