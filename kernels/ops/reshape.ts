/** Reshape: the same elements in row-major order under another shape. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { int64 } from "../../src/base/nd_array.ts";
import { elementCount } from "../../src/base/nd_array.ts";
import { sameShape, shapeText } from "../../src/graph/shape.ts";
import { constant, constantValue } from "../../src/graph/sources.ts";
import type { Shape, Tensor } from "../../src/graph/tensor.ts";

/** Gives a tensor another static shape with the same number of elements. */
export const reshape: CallableOp<[a: Tensor, shape: Shape], { shape: Shape }> = defineOp({
  type: "Reshape",
  bind: (a: Tensor, shape: Shape) => ({ inputs: [a], attrs: { shape } }),
  infer: ([a], { shape }) => {
    if (elementCount(a.shape) !== elementCount(shape)) {
      throw new Error(`Reshape of ${shapeText(a.shape)} to ${shapeText(shape)} changes the count`);
    }
    return { dtype: a.dtype, shape };
  },
  // da = dy in the shape of a
  vjp: [({ ct, a }) => reshape(ct, a.shape)],
  emit: ({ attrs: { shape } }) => ({ operands: [0, int64([shape.length], shape)] }),
  // reshape(reshape(x)) = reshape(x); a reshape to its own shape is nothing; of a constant, a constant
  simplify: ({ inputs: [a], attrs: { shape } }) => {
    if (sameShape(a.shape, shape)) return a;
    if (a.node.op === reshape) {
      const source = a.node.inputs[0];
      return sameShape(source.shape, shape) ? source : reshape(source, shape);
    }
    const value = constantValue(a);
    if (value) return constant({ ...value, shape });
  },
  examples: [{ shapes: [[2, 3, 4]], attrs: { shape: [6, 4] } }, {
    shapes: [[1]],
    attrs: { shape: [] },
  }],
});
