/** ArgMax: the place of the largest element along an axis. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { reduceShape } from "../../src/graph/shape.ts";
import type { Tensor } from "../../src/graph/tensor.ts";

type ArgMaxAttrs = { readonly axis: number; readonly keep: boolean };

/** Index (int64) of the maximum along `axis`, the first one of several; the axis stays with extent 1 if `keep`. */
export const argMax: CallableOp<[a: Tensor, axis: number, keep?: boolean], ArgMaxAttrs> = defineOp({
  type: "ArgMax",
  bind: (a: Tensor, axis: number, keep = false) => ({ inputs: [a], attrs: { axis, keep } }),
  infer: ([a], { axis, keep }) => ({ dtype: "int64", shape: reduceShape(a.shape, [axis], keep) }),
  vjp: "none",
  emit: ({ attrs: { axis, keep } }) => ({ attrs: { axis, keepdims: keep ? 1 : 0 } }),
  examples: [
    { shapes: [[2, 3]], attrs: { axis: 1, keep: false }, values: { 0: [1, 5, 5, -2, -4, -7] } },
    { shapes: [[2, 3]], attrs: { axis: 0, keep: true } },
  ],
});
