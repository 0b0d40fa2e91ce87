/** Multi-head self-attention between the pixels of a feature map; normalisation and residual are the caller's. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, matMul, mul, reshape, softmax, split, transpose } from "../ops/mod.ts";
import { fanInUniform } from "./init.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/**
 * [N, C, H, W] to [N, C, H, W]: every pixel attends to all pixels of its image. `heads` must divide C.
 * Vaswani et al. (2017), equation 1: softmax(Q K' / sqrt(d)) V with d = C / heads; Q, K, V from one linear layer.
 *
 * Everything is written position-major, [H W, N, heads, d], which is how the CPU lowering holds an image: its two
 * transposes cancel with these, and MatMul reads rows before the batch axes as they lie.
 */
export function attention(
  scope: Scope,
  x: Tensor,
  { heads = 1 }: { readonly heads?: number } = {},
): Tensor {
  const [n, channels, height, width] = x.shape;
  const pixels = height * width, depth = channels / heads;
  if (!Number.isInteger(depth)) throw new Error(`${channels} channels in ${heads} heads`);
  const rows = reshape(transpose(x, [2, 3, 0, 1]), [pixels * n, channels]);
  const [q, k, v] = projections(scope.child("qkv"), rows, depth ** -0.5)
    .map((part) => reshape(part, [pixels, n, heads, depth]));
  const scores = matMul(q, k, { transB: true, rowsFirstA: true, rowsFirstB: true });
  const mixed = matMul(softmax(scores, -1), v, { rowsFirstB: true });
  const joined = reshape(transpose(mixed, [2, 0, 1, 3]), [pixels * n, channels]);
  const out = linear(scope.child("out"), joined, channels);
  return transpose(reshape(out, [height, width, n, channels]), [2, 3, 0, 1]);
}

/**
 * Q times `scale`, K and V of rows [R, C], each [R, C]. The weights of the one layer are divided instead of its
 * result, and Q's are scaled: both are small, the result is not.
 */
function projections(scope: Scope, rows: Tensor, scale: number): Tensor[] {
  const channels = rows.shape[1];
  const init = fanInUniform(channels);
  const parts = [channels, channels, channels];
  const weights = split(scope.parameter("weight", [channels, 3 * channels], init), parts, 1);
  const biases = split(scope.parameter("bias", [3 * channels], init), parts, 0);
  return weights.map((weight, i) => {
    const factor = i === 0 ? scale : 1;
    return add(matMul(rows, mul(weight, factor)), mul(biases[i], factor));
  });
}
