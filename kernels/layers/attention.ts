/** Multi-head self-attention between the pixels of a feature map; normalisation and residual are the caller's. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { matMul, mul, reshape, softmax, split, transpose } from "../ops/mod.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/**
 * [N, C, H, W] to [N, C, H, W]: every pixel attends to all pixels of its image. `heads` must divide C.
 * Vaswani et al. (2017), equation 1: softmax(Q K' / sqrt(d)) V with d = C / heads; Q, K, V from one linear layer.
 */
export function attention(
  scope: Scope,
  x: Tensor,
  { heads = 1 }: { readonly heads?: number } = {},
): Tensor {
  const [n, channels, height, width] = x.shape;
  const pixels = height * width, depth = channels / heads;
  if (!Number.isInteger(depth)) throw new Error(`${channels} channels in ${heads} heads`);
  const tokens = transpose(reshape(x, [n, channels, pixels]), [0, 2, 1]);
  const projected = linear(scope.child("qkv"), tokens, 3 * channels);
  // [3, N, heads, pixels, depth]
  const parts = transpose(reshape(projected, [n, pixels, 3, heads, depth]), [2, 0, 3, 1, 4]);
  const [q, k, v] = split(parts, [1, 1, 1], 0)
    .map((part) => reshape(part, [n, heads, pixels, depth]));
  const scores = matMul(mul(q, 1 / Math.sqrt(depth)), k, { transB: true });
  const mixed = matMul(softmax(scores, -1), v);
  const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [n, pixels, channels]);
  const out = linear(scope.child("out"), joined, channels);
  return reshape(transpose(out, [0, 2, 1]), x.shape);
}
