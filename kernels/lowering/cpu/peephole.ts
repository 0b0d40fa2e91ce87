/** Simplification rules that pay on the CPU provider; each is an equality with its reason. */
import { elementCount } from "../../../src/base/nd_array.ts";
import {
  broadcastShapes,
  normalizeAxis,
  reduceShape,
  sameShape,
} from "../../../src/graph/shape.ts";
import type { SimplifyRule } from "../../../src/graph/simplify.ts";
import { constant, constantValue, filled, scalarValue } from "../../../src/graph/sources.ts";
import { apply, type Op } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { div } from "../../ops/div.ts";
import { expand } from "../../ops/expand.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { mul } from "../../ops/mul.ts";
import { reduceSum } from "../../ops/reduce_sum.ts";
import { reshape } from "../../ops/reshape.ts";
import { sub } from "../../ops/sub.ts";
import { flatProduct } from "./flat_product.ts";
import { maskedProduct } from "./masked.ts";
import { bandedProduct } from "./banded.ts";

const broadcasting: ReadonlySet<Op> = new Set<Op>([add, sub, mul, div]);

/** Below this a ReduceSum is as fast as anything. */
const SMALL = 4096;

/** Elements behind an axis from which a product sums it faster. */
const ROW = 256;

/** a op Expand(b) = a op b where broadcasting gives the same shape: the repeated tensor is never written. */
const dropExpand: SimplifyRule = (node) => {
  if (!broadcasting.has(node.op)) return undefined;
  const { shape } = node.outputs[0];
  for (const [i, input] of node.inputs.entries()) {
    if (input.node.op !== expand) continue;
    const inputs = node.inputs.map((other, j) => i === j ? other.node.inputs[0] : other);
    if (sameShape(broadcastShapes(...inputs.map((t) => t.shape)), shape)) {
      return apply(node.op, inputs);
    }
  }
};

/** x * 1 = x and x + 0 = x. */
const dropNeutral: SimplifyRule = (node) => {
  const neutral = node.op === mul ? 1 : node.op === add ? 0 : undefined;
  if (neutral === undefined) return undefined;
  const [a, b] = node.inputs;
  if (scalarValue(b) === neutral && sameShape(a.shape, node.outputs[0].shape)) return a;
  if (scalarValue(a) === neutral && sameShape(b.shape, node.outputs[0].shape)) return b;
};

/** u v + u v = (2 u) v with u the smaller factor: one pass over the large one instead of three. */
const doubleOnce: SimplifyRule = (node) => {
  const [a, b] = node.inputs;
  if (node.op !== add || a.node.op !== mul || b.node.op !== mul) return undefined;
  const [[u, v], [s, t]] = [a.node.inputs, b.node.inputs];
  if (!((u === s && v === t) || (u === t && v === s))) return undefined;
  const [small, large] = elementCount(u.shape) <= elementCount(v.shape) ? [u, v] : [v, u];
  return mul(mul(small, 2), large);
};

/**
 * A sum over an axis with much behind it is a product with a row of ones: 143 against 588 microseconds for the
 * first axis of [256, 64, 32], because ReduceSum only vectorises over the last one. One axis goes at a time; what
 * is small by then stays a ReduceSum.
 */
const sumByProduct: SimplifyRule = (node) => {
  const [a] = node.inputs;
  if (node.op !== reduceSum || a.dtype !== "float32") return undefined;
  const { axes } = node.attrs as { axes: readonly number[] };
  const axis = Math.min(...axes.map((each) => normalizeAxis(each, a.shape.length)));
  const before = elementCount(a.shape.slice(0, axis));
  const behind = elementCount(a.shape.slice(axis + 1));
  if (elementCount(a.shape) < SMALL || behind < ROW) return undefined;
  const ones = filled([1, a.shape[axis]], 1);
  const block = before === 1 ? [a.shape[axis], behind] : [before, a.shape[axis], behind];
  const summed = reshape(matMul(ones, reshape(a, block)), reduceShape(a.shape, [axis], true));
  const rest = axes.filter((each) => normalizeAxis(each, a.shape.length) !== axis);
  if (rest.length === 0) return reshape(summed, node.outputs[0].shape);
  const remaining = reduceSum(summed, rest);
  return reshape(sumByProduct(remaining.node) ?? remaining, node.outputs[0].shape);
};

/** A transposed constant factor is written transposed: the product needs no packing by columns. */
const transposeConstant: SimplifyRule = (node) => {
  if (node.op !== matMul || !node.attrs.transA) return undefined;
  const [a, b] = node.inputs;
  const value = constantValue(a);
  if (value?.shape.length !== 2) return undefined;
  const [rows, columns] = value.shape;
  const data = Float32Array.from(
    { length: rows * columns },
    (_, i) => Number(value.data[(i % rows) * columns + Math.floor(i / rows)]),
  );
  const flipped = constant({ dtype: "float32", shape: [columns, rows], data });
  return matMul(flipped, b, { transB: node.attrs.transB });
};

export const cpuRules: readonly SimplifyRule[] = [
  dropExpand,
  dropNeutral,
  doubleOnce,
  sumByProduct,
  transposeConstant,
  flatProduct,
  maskedProduct,
  bandedProduct,
];
