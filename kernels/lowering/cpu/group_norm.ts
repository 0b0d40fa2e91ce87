/**
 * CPU lowering of group normalisation (Wu and He 2018, arXiv:1803.08494) in the blocked layout.
 *
 * Sums over positions give per-image, per-channel moments; the rest is algebra on a few numbers, and one pass
 * y = a x + b applies it. A pending shift t enters through the sums: S(x + t)^2 = S x^2 + t (2 S x + P t) over P
 * positions.
 *
 * Products with constants take channels to their groups and back. Reductions and broadcasts over a last axis of a
 * few numbers go number by number: ten times as long, and twice the nodes with the reshapes they need.
 */
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { div } from "../../ops/div.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { mul } from "../../ops/mul.ts";
import { reduceSum } from "../../ops/reduce_sum.ts";
import { sqrt } from "../../ops/sqrt.ts";
import { sub } from "../../ops/sub.ts";
import { addAt, type Matrix, matrixConstant, zeroMatrix } from "./matrix.ts";
import { extents, type Lowered, plainOf } from "./value.ts";

/** GroupNormalization of a blocked image. */
export function lowerGroupNorm(
  node: Node,
  [x, scale, bias]: readonly Lowered[],
): Lowered | undefined {
  if (!x.blocked) return undefined;
  const { groups, epsilon } = node.attrs as { groups: number; epsilon: number };
  const { data, shift: t, ...size } = x.blocked;
  const { positions, channels } = extents(x.blocked);
  const members = membership(groups, channels / groups);
  const spread = (tensor: Tensor) => matMul(tensor, matrixConstant(members));
  const averaging = matrixConstant(scaled(members, groups / (channels * positions)));
  const average = (sums: Tensor) => matMul(sums, averaging, { transB: true });
  const first = reduceSum(data, [0]);
  const second = reduceSum(mul(data, data), [0]);
  const shifted = t ? add(first, mul(t, positions)) : first;
  const squared = t ? add(second, mul(t, add(first, shifted))) : second;
  const mean = average(shifted);
  const variance = sub(average(squared), mul(mean, mean));
  const a = div(plainOf(scale), spread(sqrt(add(variance, epsilon))));
  const centre = t ? sub(spread(mean), t) : spread(mean);
  const b = sub(plainOf(bias), mul(centre, a));
  return { blocked: { ...size, data: add(mul(data, a), b) } };
}

/** [groups, channels] with ones where a channel belongs to a group. */
function membership(groups: number, perGroup: number): Matrix {
  const matrix = zeroMatrix(groups, groups * perGroup);
  for (let channel = 0; channel < matrix.columns; channel++) {
    addAt(matrix, Math.floor(channel / perGroup), channel, 1);
  }
  return matrix;
}

function scaled({ data, ...size }: Matrix, factor: number): Matrix {
  return { ...size, data: data.map((value) => factor * value) };
}
