/** Batch normalisation with running statistics over [N, C, ...]. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, div, mul, reduceMean, reduceSumSquare, reshape, sqrt, sub } from "../ops/mod.ts";
import { ones, zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/**
 * Ioffe and Szegedy (2015), arXiv:1502.03167. In training each channel is normalised by the mean and biased
 * variance of the batch, and the running statistics move towards the batch's by `momentum` (the variance
 * unbiased, as PyTorch keeps it); otherwise the running statistics are used.
 */
export function batchNorm(
  scope: Scope,
  x: Tensor,
  { epsilon = 1e-5, momentum = 0.1 }: { readonly epsilon?: number; readonly momentum?: number } =
    {},
): Tensor {
  const channels = x.shape[1];
  const perChannel = [1, channels, ...x.shape.slice(2).map(() => 1)];
  const scale = reshape(scope.parameter("weight", [channels], ones), perChannel);
  const shift = reshape(scope.parameter("bias", [channels], zeros), perChannel);
  const runningMean = scope.buffer("running_mean", [channels], zeros);
  const runningVariance = scope.buffer("running_variance", [channels], ones);
  if (!scope.training) {
    const gain = div(scale, sqrt(add(reshape(runningVariance, perChannel), epsilon)));
    return add(mul(sub(x, reshape(runningMean, perChannel)), gain), shift);
  }
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
  if (count < 2) throw new Error(`${scope.path}: batch norm needs two values per channel to train`);
  const mean = reduceMean(x, axes, true);
  const centred = sub(x, mean);
  const variance = mul(reduceSumSquare(centred, axes, true), 1 / count);
  const moved = (running: Tensor, batch: Tensor, factor: number) =>
    add(mul(running, 1 - momentum), mul(reshape(batch, [channels]), factor));
  scope.update("running_mean", moved(runningMean, mean, momentum));
  scope.update(
    "running_variance",
    moved(runningVariance, variance, momentum * count / (count - 1)),
  );
  return add(mul(centred, div(scale, sqrt(add(variance, epsilon)))), shift);
}
