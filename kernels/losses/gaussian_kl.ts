/** The divergence of a diagonal Gaussian from the standard one: the regulariser of variational autoencoders. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, exp, mul, reduceSum, sub } from "../ops/mod.ts";
import { weightedMean } from "./loss.ts";

/**
 * KL(N(mu, e^logvar) || N(0, 1)) = 1/2 sum (mu^2 + e^logvar - 1 - logvar) over the axes after the first, then the
 * (weighted) mean over the batch; Kingma and Welling (2013), appendix B. It compares no prediction with a target,
 * so it is no entry of the table.
 */
export function gaussianKl(mean: Tensor, logVariance: Tensor, weight?: Tensor): Tensor {
  return weightedMean(gaussianDivergences(mean, logVariance), weight);
}

/** The divergence of each image's Gaussian, [N], of mean and log-variance [N, ...]. */
export function gaussianDivergences(mean: Tensor, logVariance: Tensor): Tensor {
  const terms = sub(add(mul(mean, mean), exp(logVariance)), add(logVariance, 1));
  const axes = mean.shape.map((_, axis) => axis).slice(1);
  return mul(reduceSum(terms, axes), 0.5);
}
