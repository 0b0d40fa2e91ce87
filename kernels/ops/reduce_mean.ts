/** ReduceMean: the mean over some axes. */
import { defineOp } from "../../src/graph/define.ts";
import { reduceShape } from "../../src/graph/shape.ts";
import { expand } from "./expand.ts";
import { type Reduction, reduction } from "./infer.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";

/** Mean over `axes`, which are kept with extent 1 where `keep` is true (default false). */
export const reduceMean: Reduction = defineOp({
  ...reduction,
  type: "ReduceMean",
  // da = dy / n, repeated along the n averaged elements
  vjp: [({ ct, a, attrs: { axes } }) => {
    const kept = reduceShape(a.shape, axes, true);
    const share = a.shape.reduce((n, extent, i) => kept[i] === extent ? n : n * extent, 1);
    return expand(reshape(mul(ct, 1 / share), kept), a.shape);
  }],
  examples: [
    { shapes: [[2, 3]], attrs: { axes: [], keep: false } },
    { shapes: [[2, 3, 4]], attrs: { axes: [0, 2], keep: true } },
    { shapes: [[2, 3, 4]], attrs: { axes: [-1], keep: false } },
    { shapes: [[2, 3]], attrs: { axes: [0, 1], keep: false } },
  ],
});
