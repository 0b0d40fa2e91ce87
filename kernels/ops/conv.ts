/** Conv: convolution (cross-correlation) of NCHW images, or of any number of spatial axes. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { commonDtype, sameShape, shapeText } from "../../src/graph/shape.ts";
import type { Example, Tensor, Type } from "../../src/graph/tensor.ts";
import { convTranspose } from "./conv_transpose.ts";
import { filterGradient, sumToChannels } from "./conv_gradient.ts";
import {
  checkWindows,
  resolveWindows,
  unreachedRows,
  type WindowAttrs,
  type WindowOptions,
  windowPositions,
} from "./windows.ts";

export type ConvAttrs = WindowAttrs & { readonly group: number };

/** `bias` is [O]; strides and dilations are 1, pads 0, group 1 unless given. */
export type ConvOptions = WindowOptions & { readonly group?: number; readonly bias?: Tensor };

/**
 * x [N, C, ...spatial] with weights w [O, C / group, ...kernel] gives [N, O, ...positions]:
 *
 *     y[n, o, t] = bias[o] + sum over c, k of w[o, c, k] x[n, c, t stride + k dilation - pad]
 */
export const conv: CallableOp<[x: Tensor, w: Tensor, options?: ConvOptions], ConvAttrs> = defineOp({
  type: "Conv",
  bind: (x: Tensor, w: Tensor, { bias, group = 1, ...windows }: ConvOptions = {}) => ({
    inputs: bias ? [x, w, bias] : [x, w],
    attrs: { ...resolveWindows(windows, x.shape.length - 2), group },
  }),
  infer: inferConv,
  vjp: [
    // dx: every output spreads back over its window
    ({ ct, a, b: w, attrs }) => {
      const outputPadding = unreachedRows(a.shape.slice(2), w.shape.slice(2), attrs);
      return convTranspose(ct, w, { ...attrs, outputPadding });
    },
    ({ ct, a, b, attrs }) => filterGradient(a, ct, b.shape, attrs),
    ({ ct }) => sumToChannels(ct),
  ],
  emit: ({ inputs: [, w], attrs: { strides, pads, dilations, group } }) => ({
    attrs: { kernel_shape: w.shape.slice(2), strides, pads, dilations, group },
  }),
  examples: convExamples(),
});

function inferConv([x, w, bias]: readonly Type[], attrs: ConvAttrs): Type {
  const axes = x.shape.length - 2;
  checkWindows("Conv", attrs, axes);
  const [outputs, perGroup, ...kernel] = w.shape;
  const { group } = attrs;
  const sizes = `images ${shapeText(x.shape)}, weights ${shapeText(w.shape)}, ${group} groups`;
  if (kernel.length !== axes || x.shape[1] !== perGroup * group || outputs % group !== 0) {
    throw new Error(`Conv: channels do not agree: ${sizes}`);
  }
  if (bias && !sameShape(bias.shape, [outputs])) {
    throw new Error(`Conv: a bias of ${shapeText(bias.shape)} for ${outputs} channels`);
  }
  const positions = windowPositions("Conv", x.shape.slice(2), kernel, attrs);
  const dtype = commonDtype("Conv", bias ? [x, w, bias] : [x, w]);
  return { dtype, shape: [x.shape[0], outputs, ...positions] };
}

/** Odd and even sizes, strides that leave a rest, dilation, groups, depthwise, uneven pads, 1 and 3 axes. */
function convExamples(): Example[] {
  const make = (shapes: number[][], options: ConvOptions = {}): Example => {
    const { group = 1, bias: _, ...windows } = options;
    return { shapes, attrs: { ...resolveWindows(windows, shapes[0].length - 2), group } };
  };
  return [
    make([[2, 3, 5, 7], [4, 3, 3, 3], [4]], { pads: 1 }),
    make([[2, 3, 14, 15], [4, 3, 3, 3]], { pads: 1, strides: 2 }),
    make([[1, 2, 7, 6], [3, 2, 3, 2]], { pads: [0, 1, 2, 0], strides: [2, 3] }),
    make([[2, 2, 9, 9], [2, 2, 3, 3]], { dilations: 2, strides: 2, pads: 1 }),
    make([[2, 4, 5, 5], [6, 2, 3, 3], [6]], { group: 2, pads: 1, strides: 2 }),
    make([[2, 3, 6, 6], [3, 1, 4, 4]], { group: 3, pads: [1, 1, 2, 2] }),
    make([[2, 5, 4, 4], [3, 5, 1, 1]]),
    make([[1, 2, 8, 8], [2, 2, 1, 1]], { strides: 3 }),
    make([[2, 3, 11], [4, 3, 5]], { strides: 2, pads: 2 }),
    make([[1, 2, 4, 5, 3], [2, 2, 2, 3, 2]], { strides: [1, 2, 1] }),
  ];
}
