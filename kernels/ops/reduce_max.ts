/** ReduceMax: the largest element over some axes. */
import { defineOp } from "../../src/graph/define.ts";
import { reduceShape } from "../../src/graph/shape.ts";
import { cast } from "./cast.ts";
import { div } from "./div.ts";
import { equal } from "./equal.ts";
import { type Reduction, reduction } from "./infer.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce_sum.ts";
import { reshape } from "./reshape.ts";

/** Maximum over `axes`, which are kept with extent 1 where `keep` is true (default false). */
export const reduceMax: Reduction = defineOp({
  ...reduction,
  type: "ReduceMax",
  // da = dy at the maximum, in equal shares where several elements are it
  vjp: [({ ct, a, y, attrs: { axes } }) => {
    const kept = reduceShape(a.shape, axes, true);
    const isLargest = cast(equal(a, reshape(y, kept)), a.dtype);
    return mul(isLargest, div(reshape(ct, kept), reduceSum(isLargest, axes, true)));
  }],
  examples: [
    { shapes: [[2, 3]], attrs: { axes: [], keep: false } },
    {
      shapes: [[2, 3]],
      attrs: { axes: [1], keep: true },
      values: { 0: [1, 5, 3, -2, -4, -7] },
    },
    {
      shapes: [[2, 2, 2]],
      attrs: { axes: [0, -1], keep: false },
      values: { 0: [1, 2, 3, 4, 5, 6, 7, 8] },
    },
  ],
});
