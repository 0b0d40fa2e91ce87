/** Split: a tensor cut into consecutive parts along an axis; the inverse of Concat. */
import { int64 } from "../../src/base/nd_array.ts";
import { normalizeAxis, shapeText } from "../../src/graph/shape.ts";
import { scalar } from "../../src/graph/sources.ts";
import { applyAll, type Op, type Tensor } from "../../src/graph/tensor.ts";
import { concat } from "./concat.ts";
import { expand } from "./expand.ts";

type SplitAttrs = { readonly axis: number; readonly sizes: readonly number[] };
type Split =
  & ((a: Tensor, sizes: readonly number[], axis: number) => readonly Tensor[])
  & Op<SplitAttrs>;

const definition: Op<SplitAttrs> = {
  type: "Split",
  infer: ([{ dtype, shape }], { axis: named, sizes }) => {
    const axis = normalizeAxis(named, shape.length);
    const sum = sizes.reduce((total, size) => total + size, 0);
    if (sum !== shape[axis] || sizes.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new Error(`Split of axis ${axis} of ${shapeText(shape)} into parts of [${sizes}]`);
    }
    return sizes.map((size) => ({ dtype, shape: shape.map((e, i) => i === axis ? size : e) }));
  },
  // da = the parts' cotangents joined again, 0 for a part that does not reach the loss
  vjp: [({ cts, outputs, attrs: { axis } }) =>
    concat(
      cts.map((ct, i) => ct ?? expand(scalar(0, outputs[i].dtype), outputs[i].shape)),
      axis,
    )],
  emit: ({ attrs: { axis, sizes } }) => ({
    operands: [0, int64([sizes.length], sizes)],
    attrs: { axis },
  }),
  examples: [
    { shapes: [[2, 6]], attrs: { axis: 1, sizes: [1, 3, 2] } },
    { shapes: [[4, 2, 3]], attrs: { axis: 0, sizes: [2, 2] } },
  ],
};

/** Parts of the given sizes along `axis`, in order; the sizes add up to its extent. */
export const split: Split = Object.assign(
  (a: Tensor, sizes: readonly number[], axis: number) => applyAll(split, [a], { axis, sizes }),
  definition,
);
