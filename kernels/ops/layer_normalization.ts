/** LayerNormalization: everything from one axis on normalised together, then scaled and shifted per element. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { commonDtype, normalizeAxis, sameShape, shapeText } from "../../src/graph/shape.ts";
import type { Tensor, Type } from "../../src/graph/tensor.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { standardize } from "./standardize.ts";

type LayerNormAttrs = { readonly axis: number; readonly epsilon: number };

/**
 * (x - mean) / sqrt(variance + epsilon) scale + bias, with the mean and the biased variance over the axes from
 * `axis` (default: the last one) on, whose shape scale and bias have (Ba et al., 2016). epsilon is 1e-5 by
 * default. Composite.
 */
export const layerNormalization: CallableOp<
  [x: Tensor, scale: Tensor, bias: Tensor, axis?: number, epsilon?: number],
  LayerNormAttrs
> = defineOp({
  type: "LayerNormalization",
  bind: (x: Tensor, scale: Tensor, bias: Tensor, axis = -1, epsilon = 1e-5) => ({
    inputs: [x, scale, bias],
    attrs: { axis, epsilon },
  }),
  infer: ([x, scale, bias]: readonly Type[], { axis }) => {
    const inner = x.shape.slice(normalizeAxis(axis, x.shape.length));
    if (![scale, bias].every(({ shape }) => sameShape(shape, inner))) {
      const both = `${shapeText(scale.shape)} and ${shapeText(bias.shape)}`;
      throw new Error(`LayerNormalization: scale and bias of ${both} for ${shapeText(inner)}`);
    }
    return { dtype: commonDtype("LayerNormalization", [x, scale, bias]), shape: x.shape };
  },
  vjp: "forbidden",
  decompose: ([x, scale, bias], { axis, epsilon }) => {
    const first = normalizeAxis(axis, x.shape.length);
    const axes = x.shape.map((_, i) => i).filter((i) => i >= first);
    return add(mul(standardize(x, axes, epsilon), scale), bias);
  },
  emit: ({ attrs: { axis, epsilon } }) => ({ attrs: { axis, epsilon: { float: epsilon } } }),
  examples: [
    { shapes: [[3, 4], [4], [4]], attrs: { axis: -1, epsilon: 1e-5 } },
    { shapes: [[2, 3, 2, 2], [3, 2, 2], [3, 2, 2]], attrs: { axis: 1, epsilon: 1e-3 } },
  ],
});
