/** Expand: a repeated along broadcast axes. */
import { int64 } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { broadcastShapes, sameShape, shapeText } from "../../src/graph/shape.ts";
import type { Shape, Tensor } from "../../src/graph/tensor.ts";

/** Repeats a tensor so that it has the given shape, as broadcasting would. */
export const expand: CallableOp<[a: Tensor, shape: Shape], { shape: Shape }> = defineOp({
  type: "Expand",
  bind: (a: Tensor, shape: Shape) => ({ inputs: [a], attrs: { shape } }),
  infer: ([a], { shape }) => {
    if (!sameShape(broadcastShapes(a.shape, shape), shape)) {
      throw new Error(`Expand: ${shapeText(a.shape)} does not broadcast to ${shapeText(shape)}`);
    }
    return { dtype: a.dtype, shape };
  },
  // da = dy; the reverse walk sums it over the repeated axes
  vjp: [({ ct }) => ct],
  emit: ({ attrs: { shape } }) => ({ operands: [0, int64([shape.length], shape)] }),
  simplify: ({ inputs: [a], attrs: { shape } }) => sameShape(a.shape, shape) ? a : undefined,
  examples: [{ shapes: [[3, 1]], attrs: { shape: [2, 3, 4] } }],
});
