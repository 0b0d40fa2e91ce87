/** ConvTranspose: the adjoint of Conv, which spreads every input over a window of the output. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { commonDtype, sameShape, shapeText } from "../../src/graph/shape.ts";
import type { Example, Tensor, Type } from "../../src/graph/tensor.ts";
import { conv, type ConvAttrs, type ConvOptions } from "./conv.ts";
import { filterGradient, sumToChannels } from "./conv_gradient.ts";
import { checkWindows, type PerAxis, perAxis, resolveWindows } from "./windows.ts";

export type ConvTransposeAttrs = ConvAttrs & { readonly outputPadding: readonly number[] };

/** As for Conv; `outputPadding` rows, fewer than the stride, are added at the end of each axis. */
export type ConvTransposeOptions = ConvOptions & { readonly outputPadding?: PerAxis };

/**
 * x [N, C, ...spatial] with weights w [C, O / group, ...kernel] gives [N, O, ...extents], where
 * extent = stride (spatial - 1) + dilation (kernel - 1) + 1 - pads + outputPadding.
 */
export const convTranspose: CallableOp<
  [x: Tensor, w: Tensor, options?: ConvTransposeOptions],
  ConvTransposeAttrs
> = defineOp({
  type: "ConvTranspose",
  bind: (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}) => {
    const { bias, group = 1, outputPadding = 0, ...windows } = options;
    const axes = x.shape.length - 2;
    return {
      inputs: bias ? [x, w, bias] : [x, w],
      attrs: {
        ...resolveWindows(windows, axes),
        group,
        outputPadding: perAxis(outputPadding, axes),
      },
    };
  },
  infer: inferConvTranspose,
  vjp: [
    // dx: the convolution of which this op is the adjoint
    ({ ct, b, attrs: { outputPadding: _, ...attrs } }) => conv(ct, b, attrs),
    ({ ct, a, b, attrs }) => filterGradient(ct, a, b.shape, attrs),
    ({ ct }) => sumToChannels(ct),
  ],
  emit: ({ inputs: [, w], attrs: { strides, pads, dilations, group, outputPadding } }) => ({
    attrs: {
      kernel_shape: w.shape.slice(2),
      strides,
      pads,
      dilations,
      group,
      output_padding: outputPadding,
    },
  }),
  examples: convTransposeExamples(),
});

function inferConvTranspose([x, w, bias]: readonly Type[], attrs: ConvTransposeAttrs): Type {
  const axes = x.shape.length - 2;
  checkWindows("ConvTranspose", attrs, axes);
  const { strides, pads, dilations, group, outputPadding } = attrs;
  const [channels, perGroup, ...kernel] = w.shape;
  const sizes = `images ${shapeText(x.shape)}, weights ${shapeText(w.shape)}, ${group} groups`;
  if (kernel.length !== axes || x.shape[1] !== channels || channels % group !== 0) {
    throw new Error(`ConvTranspose: channels do not agree: ${sizes}`);
  }
  if (bias && !sameShape(bias.shape, [perGroup * group])) {
    throw new Error(`ConvTranspose: a bias of ${shapeText(bias.shape)}: ${sizes}`);
  }
  if (outputPadding.length !== axes || outputPadding.some((rows, i) => rows >= strides[i])) {
    throw new Error(`ConvTranspose: outputPadding [${outputPadding}] must be below the strides`);
  }
  const extents = kernel.map((k, i) =>
    strides[i] * (x.shape[i + 2] - 1) + dilations[i] * (k - 1) + 1 - pads[i] - pads[i + axes] +
    outputPadding[i]
  );
  if (extents.some((extent) => extent < 1)) {
    throw new Error(`ConvTranspose: pads [${pads}] leave nothing of ${sizes}`);
  }
  const dtype = commonDtype("ConvTranspose", bias ? [x, w, bias] : [x, w]);
  return { dtype, shape: [x.shape[0], perGroup * group, ...extents] };
}

function convTransposeExamples(): Example[] {
  const make = (shapes: number[][], options: ConvTransposeOptions = {}): Example => {
    const { group = 1, outputPadding = 0, bias: _, ...windows } = options;
    const axes = shapes[0].length - 2;
    const attrs = {
      ...resolveWindows(windows, axes),
      group,
      outputPadding: perAxis(outputPadding, axes),
    };
    return { shapes, attrs };
  };
  return [
    make([[2, 3, 4, 5], [3, 2, 3, 3], [2]], { pads: 1 }),
    make([[2, 3, 4, 4], [3, 2, 4, 4]], { pads: 1, strides: 2 }),
    make([[2, 3, 7, 8], [3, 2, 3, 3]], { pads: 1, strides: 2, outputPadding: [0, 1] }),
    make([[1, 4, 3, 3], [4, 3, 2, 3], [6]], { group: 2, strides: [3, 2], pads: [0, 1, 1, 0] }),
    make([[2, 3, 5, 4], [3, 1, 3, 3]], { group: 3, dilations: 2, pads: 2 }),
    make([[2, 3, 6], [3, 2, 4]], { strides: 2, pads: 1 }),
  ];
}
