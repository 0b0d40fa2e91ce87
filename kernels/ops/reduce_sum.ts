/** ReduceSum: the sum over some axes. */
import { defineOp } from "../../src/graph/define.ts";
import { reduceShape } from "../../src/graph/shape.ts";
import { elementCount } from "../../src/base/nd_array.ts";
import { expand } from "./expand.ts";
import { type Reduction, reduction } from "./infer.ts";
import { reshape } from "./reshape.ts";

/** Sum over `axes`, which are kept with extent 1 where `keep` is true (default false). */
export const reduceSum: Reduction = defineOp({
  ...reduction,
  type: "ReduceSum",
  // da = dy, repeated along the summed axes
  vjp: [
    ({ ct, a, attrs: { axes } }) => expand(reshape(ct, reduceShape(a.shape, axes, true)), a.shape),
  ],
  // a sum over extents of 1 is the number itself
  simplify: ({ inputs: [a], outputs: [y] }) =>
    elementCount(a.shape) === elementCount(y.shape) ? reshape(a, y.shape) : undefined,
  examples: [
    { shapes: [[2, 1, 3]], attrs: { axes: [1], keep: false } },
    { shapes: [[2, 3]], attrs: { axes: [], keep: false } },
    { shapes: [[2, 3, 4]], attrs: { axes: [0, 2], keep: true } },
    { shapes: [[2, 3, 4]], attrs: { axes: [1], keep: false } },
  ],
});
