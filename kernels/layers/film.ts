/** Feature-wise linear modulation: a condition scales and shifts channels. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, mul, relu, reshape, split } from "../ops/mod.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/**
 * Perez et al. (2018), arXiv:1709.07871: y = gamma x + beta per channel of x [N, C, H, W], with gamma and beta
 * from the condition z [N, Z] by Linear(Z, hidden), ReLU, Linear(hidden, 2 C).
 */
export function film(
  scope: Scope,
  x: Tensor,
  z: Tensor,
  { hidden = 128 }: { readonly hidden?: number } = {},
): Tensor {
  const [n, channels] = x.shape;
  const inner = relu(linear(scope.child("hidden"), z, hidden));
  const both = linear(scope.child("out"), inner, 2 * channels);
  const [gamma, beta] = split(both, [channels, channels], 1)
    .map((part) => reshape(part, [n, channels, 1, 1]));
  return add(mul(gamma, x), beta);
}
