/** AveragePool: the mean of each window over the spatial axes. */
import { elementCount, type NdArray, typedArray } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { sameShape } from "../../src/graph/shape.ts";
import { constant, scalar } from "../../src/graph/sources.ts";
import type { Example, Tensor, Type } from "../../src/graph/tensor.ts";
import { convTranspose } from "./conv_transpose.ts";
import { expand } from "./expand.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { resize } from "./resize.ts";
import {
  type PerAxis,
  perAxis,
  pooledShape,
  resolveWindows,
  unreachedRows,
  type WindowAttrs,
  type WindowOptions,
} from "./windows.ts";

type AveragePoolAttrs = WindowAttrs & {
  readonly kernel: readonly number[];
  readonly countPads: boolean;
};

/** `countPads`: do the pads' zeros count as elements of a window? True by default, as in PyTorch. */
export type AveragePoolOptions = WindowOptions & { readonly countPads?: boolean };

/** Mean over windows of `kernel` elements of x [N, C, ...spatial]; strides and dilations are 1, pads 0 unless given. */
export const averagePool: CallableOp<
  [x: Tensor, kernel: PerAxis, options?: AveragePoolOptions],
  AveragePoolAttrs
> = defineOp({
  type: "AveragePool",
  bind: (x: Tensor, kernel: PerAxis, { countPads = true, ...windows }: AveragePoolOptions = {}) => {
    const axes = x.shape.length - 2;
    const attrs = { ...resolveWindows(windows, axes), kernel: perAxis(kernel, axes), countPads };
    return { inputs: [x], attrs };
  },
  infer: ([x]: readonly Type[], attrs) => ({
    dtype: x.dtype,
    shape: pooledShape("AveragePool", x.shape, attrs.kernel, attrs),
  }),
  vjp: [({ ct, a, attrs }) => spread(ct, a, attrs)],
  emit: ({ attrs: { kernel, strides, pads, dilations, countPads } }) => ({
    attrs: { kernel_shape: kernel, strides, pads, dilations, count_include_pad: countPads ? 1 : 0 },
  }),
  examples: [
    example([2, 3, 4, 6], 2, { strides: 2 }),
    example([2, 2, 5, 7], 3, { strides: 2, pads: 1 }),
    example([2, 2, 5, 7], 3, { strides: 2, pads: 1, countPads: false }),
    example([1, 2, 6, 5], [2, 3], { pads: [0, 1, 1, 2], countPads: false }),
    example([1, 2, 8], 3, { dilations: 2, strides: 2 }),
  ],
});

/** dx: each mean's cotangent, divided by the number of elements, goes to all of them. Channels are like a batch. */
function spread(ct: Tensor, x: Tensor, attrs: AveragePoolAttrs): Tensor {
  const { kernel, strides, pads, dilations } = attrs;
  const [batch, channels, ...extents] = x.shape;
  const shares = mul(ct, constant(windowShares(x, ct, attrs)));
  const unreached = unreachedRows(extents, kernel, attrs);
  const tiles = sameShape(kernel, strides) && ![...pads, ...unreached].some((rows) => rows > 0) &&
    dilations.every((dilation) => dilation === 1);
  if (tiles) return resize(shares, kernel);
  const spreadOut = convTranspose(
    reshape(shares, [batch * channels, 1, ...ct.shape.slice(2)]),
    expand(scalar(1, x.dtype), [1, 1, ...kernel]),
    { strides, pads, dilations, outputPadding: unreached },
  );
  return reshape(spreadOut, x.shape);
}

/** One over the number of elements of each window, of the windows' shape. */
function windowShares(x: Tensor, y: Tensor, attrs: AveragePoolAttrs): NdArray {
  const { kernel, strides, pads, dilations, countPads } = attrs;
  const counts = kernel.map((k, i) =>
    Array.from({ length: y.shape[i + 2] }, (_, position) => {
      if (countPads) return k;
      const first = position * strides[i] - pads[i];
      const places = Array.from({ length: k }, (_, j) => first + j * dilations[i]);
      return places.filter((place) => place >= 0 && place < x.shape[i + 2]).length;
    })
  );
  const shape = y.shape.slice(2);
  const data = typedArray(y.dtype, elementCount(shape));
  for (let flat = 0; flat < data.length; flat++) {
    let [rest, count] = [flat, 1];
    for (let i = shape.length - 1; i >= 0; i--) {
      count *= counts[i][rest % shape[i]];
      rest = Math.floor(rest / shape[i]);
    }
    data[flat] = 1 / count;
  }
  return { dtype: y.dtype, shape, data };
}

function example(
  shape: readonly number[],
  kernel: PerAxis,
  { countPads = true, ...windows }: AveragePoolOptions,
): Example {
  const axes = shape.length - 2;
  const attrs = { ...resolveWindows(windows, axes), kernel: perAxis(kernel, axes), countPads };
  return { shapes: [shape], attrs };
}
