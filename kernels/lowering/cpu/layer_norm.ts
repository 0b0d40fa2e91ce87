/**
 * CPU lowering of layer normalisation over channels and space together (Ba, Kiros and Hinton 2016, arXiv:1607.06450)
 * in the blocked layout: moments by sums over positions, then two passes y = a x + b, one with numbers per image and one
 * with the scale and bias of every element.
 */
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { expand } from "../../ops/expand.ts";
import { mul } from "../../ops/mul.ts";
import { neg } from "../../ops/neg.ts";
import { reciprocal } from "../../ops/reciprocal.ts";
import { reduceSum } from "../../ops/reduce_sum.ts";
import { reshape } from "../../ops/reshape.ts";
import { sqrt } from "../../ops/sqrt.ts";
import { sub } from "../../ops/sub.ts";
import { transpose } from "../../ops/transpose.ts";
import { positionSums } from "./reduce.ts";
import { extents, type Lowered, plainOf } from "./value.ts";

/** LayerNormalization from axis 1 on of a blocked image. */
export function lowerLayerNorm(
  node: Node,
  [x, scale, bias]: readonly Lowered[],
): Lowered | undefined {
  const { axis, epsilon } = node.attrs as { axis: number; epsilon: number };
  if (!x.blocked || node.inputs[0].shape.length !== 4 || (axis !== 1 && axis !== -3)) {
    return undefined;
  }
  const { data, shift, ...size } = x.blocked;
  const { positions, images, channels } = extents(x.blocked);
  const { sums, squares } = positionSums(x.blocked);
  const perImage = (tensor: Tensor) =>
    mul(reduceSum(expand(tensor, [images, channels]), [1], true), 1 / (positions * channels));
  const mean = perImage(sums);
  const variance = sub(perImage(squares), mul(mean, mean));
  const a = expand(reciprocal(sqrt(add(variance, epsilon))), [images, channels]);
  const b = mul(shift ? sub(shift, mean) : neg(mean), a);
  const normal = add(mul(data, a), b);
  const everywhere = (parameter: Lowered) =>
    reshape(transpose(plainOf(parameter), [1, 2, 0]), [positions, 1, channels]);
  return {
    blocked: { ...size, data: add(mul(normal, everywhere(scale)), everywhere(bias)) },
  };
}
