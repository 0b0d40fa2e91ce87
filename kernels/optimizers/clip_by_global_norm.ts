/** Gradient clipping by the norm of all gradients together. */
import { scalar } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, div, min, mul, reduceSum, sqrt } from "../ops/mod.ts";

/** sqrt of the sum of squares over all tensors, a scalar. */
export function globalNorm(gradients: readonly Tensor[]): Tensor {
  const squares = gradients.map((g) => reduceSum(mul(g, g), g.shape.map((_, axis) => axis)));
  return sqrt(squares.reduce((sum, square) => add(sum, square)));
}

/**
 * Gradients times min(1, maxNorm / (norm + 1e-6)), as PyTorch's clip_grad_norm_; Pascanu et al. (2013),
 * arXiv:1211.5063, algorithm 1.
 */
export function clipByGlobalNorm(gradients: readonly Tensor[], maxNorm: number): Tensor[] {
  const factor = min(div(scalar(maxNorm), add(globalNorm(gradients), 1e-6)), scalar(1));
  return gradients.map((gradient) => mul(gradient, factor));
}
