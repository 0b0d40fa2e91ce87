/**
 * The Frechet distance between two normal distributions, which is also their 2-Wasserstein distance (Dowson &
 * Landau, The Frechet Distance between Multivariate Normal Distributions, 1982), squared:
 *
 *     d^2 = |m1 - m2|^2 + tr(S1 + S2 - 2 (S2^1/2 S1 S2^1/2)^1/2)
 */
import { symmetricEigenvalues, symmetricSquareRoot } from "./eigen.ts";

/** A normal distribution: mean [n] and covariance [n, n]. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
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
