/** TopK: the largest elements along an axis, in falling order, with their places. */
import { int64 } from "../../src/base/nd_array.ts";
import { normalizeAxis, shapeText } from "../../src/graph/shape.ts";
import { applyAll, type Op, type Tensor } from "../../src/graph/tensor.ts";
import { inferFloat } from "./infer.ts";

type TopKAttrs = { readonly count: number; readonly axis: number };
type TopK =
  & ((a: Tensor, count: number, axis: number) => readonly Tensor[])
  & Op<TopKAttrs>;

const definition: Op<TopKAttrs> = {
  type: "TopK",
  infer: ([a], { count, axis: named }) => {
    const { dtype } = inferFloat("TopK")([a]);
    const axis = normalizeAxis(named, a.shape.length);
    if (!Number.isInteger(count) || count < 1 || count > a.shape[axis]) {
      throw new Error(`TopK: ${count} elements of axis ${axis} of ${shapeText(a.shape)}`);
    }
    const shape = a.shape.map((extent, i) => i === axis ? count : extent);
    return [{ dtype, shape }, { dtype: "int64", shape }];
  },
  // A quantile that x0 is clipped to is wanted in sampling only, where nothing is differentiated.
  vjp: "forbidden",
  emit: ({ attrs: { count, axis } }) => ({
    operands: [0, int64([1], [count])],
    attrs: { axis, largest: 1, sorted: 1 },
  }),
  examples: [
    { shapes: [[2, 5]], attrs: { count: 3, axis: 1 } },
    { shapes: [[4, 2, 3]], attrs: { count: 4, axis: 0 } },
    {
      shapes: [[2, 4]],
      attrs: { count: 1, axis: -1 },
      values: { 0: [3, 3, -1, 0, -2, -5, -2, 0] },
    },
  ],
};

/** The `count` largest elements along `axis`, the largest first, and their places (int64): [values, places]. */
export const topK: TopK = Object.assign(
  (a: Tensor, count: number, axis: number) => applyAll(topK, [a], { count, axis }),
  definition,
);
