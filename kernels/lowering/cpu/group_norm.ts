/**
 * CPU lowering of group normalisation (Wu and He 2018, arXiv:1803.08494) in the blocked layout.
 *
 * Sums over positions give per-image, per-channel moments; the rest is algebra on [N, C] numbers; one pass
 * y = a x + b applies it. A pending shift t enters through the moments: E(x+t)^2 = E x^2 + t (2 E x + t).
 */
import { elementCount } from "../../../src/base/nd_array.ts";
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { mul } from "../../ops/mul.ts";
import { reciprocal } from "../../ops/reciprocal.ts";
import { reduceSum } from "../../ops/reduce_sum.ts";
import { reshape } from "../../ops/reshape.ts";
import { sqrt } from "../../ops/sqrt.ts";
import { sub } from "../../ops/sub.ts";
import { extents, type Lowered, plainOf } from "./value.ts";

/** GroupNormalization of a blocked image. */
export function lowerGroupNorm(
  node: Node,
  [x, scale, bias]: readonly Lowered[],
): Lowered | undefined {
  if (!x.blocked) return undefined;
  const { groups, epsilon } = node.attrs as { groups: number; epsilon: number };
  const { data, shift, ...size } = x.blocked;
  const { positions, images, channels } = extents(x.blocked);
  const perGroup = channels / groups;
  const grouped = (tensor: Tensor) =>
    reshape(tensor, [elementCount(tensor.shape) / channels, groups, perGroup]);
  const mean = (tensor: Tensor) => mul(reduceSum(tensor, [0]), 1 / positions);
  const first = grouped(mean(data));
  const second = grouped(mean(mul(data, data)));
  const t = shift && grouped(shift);
  const shifted = t ? add(first, t) : first;
  const squared = t ? add(second, mul(t, add(first, shifted))) : second;
  const groupMean = mul(reduceSum(shifted, [2], true), 1 / perGroup);
  const variance = sub(mul(reduceSum(squared, [2], true), 1 / perGroup), mul(groupMean, groupMean));
  const inverse = reciprocal(sqrt(add(variance, epsilon)));
  const a = mul(grouped(plainOf(scale)), inverse);
  const centre = t ? sub(groupMean, t) : groupMean;
  const b = sub(grouped(plainOf(bias)), mul(centre, a));
  const flat = (tensor: Tensor) => reshape(tensor, [images, channels]);
  return { blocked: { ...size, data: add(mul(data, flat(a)), flat(b)) } };
}
