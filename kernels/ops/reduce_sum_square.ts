/** ReduceSumSquare: the sum of squares over some axes. */
import { defineOp } from "../../src/graph/define.ts";
import { reduceShape } from "../../src/graph/shape.ts";
import { type Reduction, reduction } from "./infer.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";

/** Sum of squares over `axes`, which are kept with extent 1 where `keep` is true (default false). */
export const reduceSumSquare: Reduction = defineOp({
  ...reduction,
  type: "ReduceSumSquare",
  // Without axes it would still square.
  simplify: undefined,
  // da = 2 a dy, dy repeated along the summed axes
  vjp: [
    ({ ct, a, attrs: { axes } }) => mul(mul(reshape(ct, reduceShape(a.shape, axes, true)), 2), a),
  ],
  examples: [
    { shapes: [[2, 3, 4]], attrs: { axes: [0, 2], keep: true } },
    { shapes: [[2, 3, 4]], attrs: { axes: [-1], keep: false } },
    { shapes: [[2, 3]], attrs: { axes: [0, 1], keep: false } },
  ],
});
