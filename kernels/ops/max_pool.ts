/** MaxPool: the largest element of each window over the spatial axes. */
import { elementCount } from "../../src/base/nd_array.ts";
import { scalar } from "../../src/graph/sources.ts";
import { applyAll, type Example, type Op, type Tensor, type Type } from "../../src/graph/tensor.ts";
import { expand } from "./expand.ts";
import { reshape } from "./reshape.ts";
import { scatterElements } from "./scatter_elements.ts";
import {
  type PerAxis,
  perAxis,
  pooledShape,
  resolveWindows,
  type WindowAttrs,
  type WindowOptions,
} from "./windows.ts";

type MaxPoolAttrs = WindowAttrs & { readonly kernel: readonly number[] };
type MaxPool = ((x: Tensor, kernel: PerAxis, options?: WindowOptions) => Tensor) & Op<MaxPoolAttrs>;

const definition: Op<MaxPoolAttrs> = {
  type: "MaxPool",
  // The second output tells where each maximum was found, as a place in the flat input: the gradient needs it.
  infer: ([x]: readonly Type[], attrs) => {
    const shape = pooledShape("MaxPool", x.shape, attrs.kernel, attrs);
    return [{ dtype: x.dtype, shape }, { dtype: "int64", shape }];
  },
  // dx = dy added at the maximum of each window, the first one of several
  vjp: [({ ct, a, outputs: [, places] }) => {
    const flat = [elementCount(ct.shape)];
    const zeros = expand(scalar(0, a.dtype), [elementCount(a.shape)]);
    return reshape(
      scatterElements(zeros, reshape(places, flat), reshape(ct, flat), 0, "add"),
      a.shape,
    );
  }],
  emit: ({ attrs: { kernel, strides, pads, dilations } }) => ({
    attrs: { kernel_shape: kernel, strides, pads, dilations },
  }),
  examples: [
    example([1, 2, 4, 4], 2, { strides: 2 }),
    example([2, 1, 5, 5], 3, { strides: 2, pads: 1 }),
    example([1, 2, 5, 4], [2, 3], { pads: [0, 1, 1, 1] }),
    example([1, 1, 7], 2, { dilations: 2 }),
  ],
};

/**
 * Maximum over windows of `kernel` elements of x [N, C, ...spatial]; strides and dilations are 1, pads 0 unless
 * given (as PyTorch's, but for the stride's default). What pads add is never the maximum.
 */
export const maxPool: MaxPool = Object.assign(
  (x: Tensor, kernel: PerAxis, options: WindowOptions = {}) => {
    const axes = x.shape.length - 2;
    const attrs = { ...resolveWindows(options, axes), kernel: perAxis(kernel, axes) };
    return applyAll(maxPool, [x], attrs)[0];
  },
  definition,
);

/** Distinct values in a shuffled order, further apart than any step of a finite difference. */
function example(shape: readonly number[], kernel: PerAxis, options: WindowOptions): Example {
  const axes = shape.length - 2;
  const count = elementCount(shape);
  const values = Array.from({ length: count }, (_, i) => (i * 37 % count + i / count) / 4);
  const attrs = { ...resolveWindows(options, axes), kernel: perAxis(kernel, axes) };
  return { shapes: [shape], attrs, values: { 0: values } };
}
