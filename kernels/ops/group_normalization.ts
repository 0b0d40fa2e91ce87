/** GroupNormalization: channels normalised in groups over space, then scaled and shifted per channel. */
import { elementCount } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { commonDtype, sameShape, shapeText } from "../../src/graph/shape.ts";
import type { Tensor, Type } from "../../src/graph/tensor.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { standardize } from "./standardize.ts";

type GroupNormAttrs = { readonly groups: number; readonly epsilon: number };

/**
 * x [N, C, ...spatial]: (x - mean) / sqrt(variance + epsilon) scale + bias, with the mean and the biased variance of
 * each of `groups` runs of C / groups channels of one image (Wu and He, 2018). scale and bias are [C], or [N, C] where
 * every image has its own; the latter are for lowerings alone, because ONNX's operator does not take them. epsilon is
 * 1e-5 by default. Composite: a device lowers it in its own way, and `decompose` is the plain one.
 */
export const groupNormalization: CallableOp<
  [x: Tensor, scale: Tensor, bias: Tensor, groups: number, epsilon?: number],
  GroupNormAttrs
> = defineOp({
  type: "GroupNormalization",
  bind: (x: Tensor, scale: Tensor, bias: Tensor, groups: number, epsilon = 1e-5) => ({
    inputs: [x, scale, bias],
    attrs: { groups, epsilon },
  }),
  infer: ([x, scale, bias]: readonly Type[], { groups }) => {
    const [images, channels] = x.shape;
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
      throw new Error(`GroupNormalization: ${groups} groups do not divide ${channels} channels`);
    }
    const fits = ({ shape }: Type) =>
      sameShape(shape, [channels]) || sameShape(shape, [images, channels]);
    if (!fits(scale) || !fits(bias)) {
      const both = `${shapeText(scale.shape)} and ${shapeText(bias.shape)}`;
      throw new Error(`GroupNormalization: scale and bias of ${both} for ${channels} channels`);
    }
    return { dtype: commonDtype("GroupNormalization", [x, scale, bias]), shape: x.shape };
  },
  vjp: "forbidden",
  decompose: ([x, scale, bias], { groups, epsilon }) => {
    const [batch, , ...extents] = x.shape;
    const perChannel = (a: Tensor) => reshape(a, [...a.shape, ...extents.map(() => 1)]);
    const grouped = reshape(x, [batch, groups, elementCount(x.shape) / (batch * groups)]);
    const normal = reshape(standardize(grouped, [2], epsilon), x.shape);
    return add(mul(normal, perChannel(scale)), perChannel(bias));
  },
  emit: ({ attrs: { groups, epsilon } }) => ({
    attrs: { num_groups: groups, epsilon: { float: epsilon } },
  }),
  examples: [
    { shapes: [[2, 6, 3, 4], [6], [6]], attrs: { groups: 3, epsilon: 1e-5 } },
    { shapes: [[2, 4, 5], [4], [4]], attrs: { groups: 1, epsilon: 1e-3 } },
    { shapes: [[3, 4, 2, 2], [4], [4]], attrs: { groups: 4, epsilon: 1e-2 } },
  ],
});
