/** ReduceSum: the sum over some axes. */
import { int64 } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { reduceShape } from "../../src/graph/shape.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { expand } from "./expand.ts";
import { inferReduced, type ReduceAttrs } from "./infer.ts";
import { reshape } from "./reshape.ts";

/** Sum over `axes`, which are kept with extent 1 where `keep` is true (default false). */
export const reduceSum: CallableOp<
  [a: Tensor, axes: readonly number[], keep?: boolean],
  ReduceAttrs
> = defineOp({
  type: "ReduceSum",
  bind: (a: Tensor, axes: readonly number[], keep = false) => ({
    inputs: [a],
    attrs: { axes, keep },
  }),
  infer: inferReduced,
  // da = dy, repeated along the summed axes
  vjp: [
    ({ ct, a, attrs: { axes } }) => expand(reshape(ct, reduceShape(a.shape, axes, true)), a.shape),
  ],
  emit: ({ attrs: { axes, keep } }) => ({
    operands: [0, int64([axes.length], axes)],
    // Without axes ONNX would sum over all of them.
    attrs: { keepdims: keep ? 1 : 0, noop_with_empty_axes: 1 },
  }),
  simplify: ({ inputs: [a], attrs: { axes } }) => axes.length === 0 ? a : undefined,
  examples: [
    { shapes: [[2, 3]], attrs: { axes: [], keep: false } },
    { shapes: [[2, 3, 4]], attrs: { axes: [0, 2], keep: true } },
    { shapes: [[2, 3, 4]], attrs: { axes: [1], keep: false } },
  ],
});
