/** Layer normalisation over the last axes. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { layerNormalization } from "../ops/mod.ts";
import { ones, zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/**
 * Ba, Kiros and Hinton (2016), arXiv:1607.06450: mean 0 and variance 1 over the axes from `axis` on, then an
 * elementwise scale (1 at first) and shift (0) of those axes' shape. `axis: 1` of [N, C, H, W] is over channels
 * and space together.
 */
export function layerNorm(
  scope: Scope,
  x: Tensor,
  { axis = -1, epsilon = 1e-5 }: { readonly axis?: number; readonly epsilon?: number } = {},
): Tensor {
  const shape = x.shape.slice(axis);
  const scale = scope.parameter("weight", shape, ones);
  const shift = scope.parameter("bias", shape, zeros);
  return layerNormalization(x, scale, shift, axis, epsilon);
}
