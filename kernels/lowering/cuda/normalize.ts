/**
 * Normalisations for CUDA by the provider's LayerNormalization kernel, which also gives mean and deviation: one
 * operator forward and seven backward, where the decomposition takes 7 and 19. At 16x16 and batch 64 every
 * operator is so short that the number of them is what counts.
 */
import { elementCount, float32 } from "../../../src/base/nd_array.ts";
import { apply, type Node, type Op, type Tensor } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { mul } from "../../ops/mul.ts";
import { reduceMean } from "../../ops/reduce_mean.ts";
import { reshape } from "../../ops/reshape.ts";
import { sub } from "../../ops/sub.ts";

/**
 * x [R, L] to (x - mean) / sqrt(variance + epsilon) of each row, with the mean and 1 / sqrt(variance + epsilon)
 * [R, 1] beside it.
 */
const normalizeRows: Op<{ readonly epsilon: number }> = {
  type: "LayerNormalization",
  infer: ([{ dtype, shape: [rows, length] }]) => [
    { dtype, shape: [rows, length] },
    { dtype: "float32", shape: [rows, 1] },
    { dtype: "float32", shape: [rows, 1] },
  ],
  // dx = (dy - mean(dy) - y mean(dy y)) / deviation
  vjp: [({ ct, y, outputs: [, , inverse] }) => {
    const centred = sub(ct, reduceMean(ct, [1], true));
    return mul(sub(centred, mul(y, reduceMean(mul(ct, y), [1], true))), inverse);
  }],
  emit: ({ inputs: [{ shape: [, length] }], attrs: { epsilon } }) => ({
    operands: [0, float32([length], new Float32Array(length).fill(1))],
    attrs: { axis: -1, epsilon: { float: epsilon } },
  }),
  examples: [],
};

/** GroupNormalization of x [N, C, ...spatial]; scale and bias [C] or [N, C]. */
export function lowerGroupNorm(
  { attrs: { groups, epsilon } }: Node<{ groups: number; epsilon: number }>,
  [x, scale, bias]: readonly Tensor[],
): Tensor {
  const [images, , ...extents] = x.shape;
  const perChannel = (a: Tensor) => reshape(a, [...a.shape, ...extents.map(() => 1)]);
  const rows = reshape(x, [images * groups, elementCount(x.shape) / (images * groups)]);
  const normal = reshape(apply(normalizeRows, [rows], { epsilon }), x.shape);
  return add(mul(normal, perChannel(scale)), perChannel(bias));
}

/** LayerNormalization over the axes that scale and bias have. */
export function lowerLayerNorm(
  { attrs: { epsilon } }: Node<{ epsilon: number }>,
  [x, scale, bias]: readonly Tensor[],
): Tensor {
  const length = elementCount(scale.shape);
  const rows = reshape(x, [elementCount(x.shape) / length, length]);
  const normal = reshape(apply(normalizeRows, [rows], { epsilon }), x.shape);
  return add(mul(normal, scale), bias);
}
