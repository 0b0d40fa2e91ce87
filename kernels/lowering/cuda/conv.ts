/** Conv for CUDA: cuDNN's convolution, with gradients in operators that the CUDA provider has and does well. */
import { apply, type Node, type Op, type Tensor } from "../../../src/graph/tensor.ts";
import { conv, type ConvAttrs } from "../../ops/conv.ts";
import { sumToChannels } from "../../ops/conv_gradient.ts";
import { convTranspose } from "../../ops/conv_transpose.ts";
import { unreachedRows } from "../../ops/windows.ts";
import { filterGradientByProduct } from "./filter_gradient.ts";

/** Written and typed as Conv; only the weights' gradient differs. */
const cudaConv: Op<ConvAttrs> = {
  type: conv.type,
  infer: conv.infer,
  emit: conv.emit,
  vjp: [
    // dx: ConvTranspose, which is cuDNN's own backward convolution
    ({ ct, a, b: w, attrs }) => {
      const outputPadding = unreachedRows(a.shape.slice(2), w.shape.slice(2), attrs);
      return convTranspose(ct, w, { ...attrs, outputPadding });
    },
    ({ ct, a, b, attrs }) => filterGradientByProduct(a, ct, b.shape, attrs),
    ({ ct }) => sumToChannels(ct),
  ],
  examples: [],
};

/** A convolution of one group; others keep the gradients of `kernels/ops/conv.ts`. */
export function lowerConv(
  { attrs }: Node<ConvAttrs>,
  inputs: readonly Tensor[],
): Tensor | undefined {
  return attrs.group === 1 ? apply(cudaConv, inputs, attrs) : undefined;
}
