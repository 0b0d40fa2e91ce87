/** Concat: tensors one after the other along an axis. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { commonDtype, normalizeAxis, sameShape, shapeText } from "../../src/graph/shape.ts";
import type { Tensor, Type } from "../../src/graph/tensor.ts";
import { slice } from "./slice.ts";

type ConcatAttrs = { readonly axis: number };

/** Joins one or more tensors that agree in all extents but that of `axis`. */
export const concat: CallableOp<[tensors: readonly Tensor[], axis: number], ConcatAttrs> = defineOp(
  {
    type: "Concat",
    bind: (tensors: readonly Tensor[], axis: number) => ({ inputs: tensors, attrs: { axis } }),
    infer: (inputs: readonly Type[], { axis: named }) => {
      if (inputs.length === 0) throw new Error("Concat of nothing");
      const shapes = inputs.map((input) => input.shape);
      const axis = normalizeAxis(named, shapes[0].length);
      const others = shapes.map((shape) => shape.filter((_, i) => i !== axis));
      const wrong = shapes.findIndex((shape, i) =>
        shape.length !== shapes[0].length || !sameShape(others[i], others[0])
      );
      if (wrong > 0) {
        const pair = `${shapeText(shapes[0])} and ${shapeText(shapes[wrong])}`;
        throw new Error(`Concat along axis ${axis} of ${pair}: other extents differ`);
      }
      const extent = shapes.reduce((sum, shape) => sum + shape[axis], 0);
      const shape = shapes[0].map((other, i) => i === axis ? extent : other);
      return { dtype: commonDtype("Concat", inputs), shape };
    },
    // each operand gets its own part of dy
    vjp: ({ ct, inputs, attrs }, index) => {
      const axis = normalizeAxis(attrs.axis, ct.shape.length);
      const start = inputs.slice(0, index).reduce((sum, input) => sum + input.shape[axis], 0);
      return slice(ct, [start], [start + inputs[index].shape[axis]], [axis]);
    },
    simplify: ({ inputs }) => inputs.length === 1 ? inputs[0] : undefined,
    examples: [
      { shapes: [[2, 3], [2, 1], [2, 4]], attrs: { axis: 1 } },
      { shapes: [[1, 2, 3], [2, 2, 3]], attrs: { axis: 0 } },
      { shapes: [[2, 3], [2, 2]], attrs: { axis: -1 } },
    ],
  },
);
