/** CPU lowering of sums and means over the positions of a blocked image, and perhaps over images and channels too. */
import { elementCount } from "../../../src/base/nd_array.ts";
import { normalizeAxis } from "../../../src/graph/shape.ts";
import type { Node, Op, Tensor } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { globalAveragePool } from "../../ops/global_average_pool.ts";
import { mul } from "../../ops/mul.ts";
import { reduceMean } from "../../ops/reduce_mean.ts";
import { reduceSum } from "../../ops/reduce_sum.ts";
import { reduceSumSquare } from "../../ops/reduce_sum_square.ts";
import { reshape } from "../../ops/reshape.ts";
import { type Blocked, extents, type Lowered, type LoweringRule } from "./value.ts";

/** Rules for reductions over all positions. */
export const reductionRules: readonly (readonly [Op, LoweringRule])[] = [
  [reduceSum, lowerReduction],
  [reduceMean, lowerReduction],
  [reduceSumSquare, lowerReduction],
  [globalAveragePool, lowerReduction],
];

function lowerReduction(node: Node, [x]: readonly Lowered[]): Lowered | undefined {
  const named: readonly number[] = node.attrs.axes ?? [2, 3];
  const axes = named.map((axis) => normalizeAxis(axis, node.inputs[0].shape.length));
  if (!x.blocked || !axes.includes(2) || !axes.includes(3)) return undefined;
  const sums = node.op === reduceSumSquare
    ? positionSums(x.blocked).squares
    : positionSums(x.blocked).sums;
  // What is left is [N, C], axes 0 and 1 as in the image.
  const rest = axes.filter((axis) => axis < 2);
  const total = rest.length === 0 ? sums : reduceSum(sums, rest);
  const { shape } = node.outputs[0];
  const count = elementCount(node.inputs[0].shape) / elementCount(shape);
  const isMean = node.op === reduceMean || node.op === globalAveragePool;
  return { plain: reshape(isMean ? mul(total, 1 / count) : total, shape) };
}

/**
 * Sums over positions of x and of x^2, [N, C] each. A pending shift t enters without a pass over the image:
 * sum (x + t)^2 = sum x^2 + t (2 sum x + P t).
 */
export function positionSums(image: Blocked): { sums: Tensor; squares: Tensor } {
  const { data, shift: t } = image;
  const { positions } = extents(image);
  const sums = reduceSum(data, [0]);
  const squares = reduceSum(mul(data, data), [0]);
  if (!t) return { sums, squares };
  const shifts = mul(t, positions);
  return {
    sums: add(sums, shifts),
    squares: add(squares, mul(t, add(mul(sums, 2), shifts))),
  };
}
