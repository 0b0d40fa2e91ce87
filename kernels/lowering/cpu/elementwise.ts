/** CPU lowering of elementwise ops: they work in the blocked layout as in any other. */
import { apply, type Node, type Op, type Shape, type Tensor } from "../../../src/graph/tensor.ts";
import { sameShape } from "../../../src/graph/shape.ts";
import { abs } from "../../ops/abs.ts";
import { add } from "../../ops/add.ts";
import { checkpoint } from "../../ops/checkpoint.ts";
import { clip } from "../../ops/clip.ts";
import { div } from "../../ops/div.ts";
import { elu } from "../../ops/elu.ts";
import { erf } from "../../ops/erf.ts";
import { exp } from "../../ops/exp.ts";
import { expand } from "../../ops/expand.ts";
import { gelu } from "../../ops/gelu.ts";
import { leakyRelu } from "../../ops/leaky_relu.ts";
import { log } from "../../ops/log.ts";
import { max } from "../../ops/max.ts";
import { min } from "../../ops/min.ts";
import { mul } from "../../ops/mul.ts";
import { neg } from "../../ops/neg.ts";
import { quickGelu } from "../../ops/quick_gelu.ts";
import { reciprocal } from "../../ops/reciprocal.ts";
import { relu } from "../../ops/relu.ts";
import { reshape } from "../../ops/reshape.ts";
import { sigmoid } from "../../ops/sigmoid.ts";
import { softplus } from "../../ops/softplus.ts";
import { sqrt } from "../../ops/sqrt.ts";
import { sub } from "../../ops/sub.ts";
import { tanh } from "../../ops/tanh.ts";
import { type Blocked, blockedOf, type Lowered, type LoweringRule, settled } from "./value.ts";

const unary = [
  ...[neg, abs, exp, log, sqrt, reciprocal, clip, erf, tanh, sigmoid],
  ...[relu, leakyRelu, elu, softplus, gelu, quickGelu],
];

/** Rules for the ops that networks apply to images. */
export const elementwiseRules: readonly (readonly [Op, LoweringRule])[] = [
  [checkpoint, lowerCheckpoint],
  ...unary.map((op) => [op, lowerUnary] as const),
  ...[add, sub, mul, div, max, min].map((op) => [op, lowerBinary] as const),
];

function lowerUnary(node: Node, [a]: readonly Lowered[]): Lowered | undefined {
  if (!a.blocked) return undefined;
  const image = settled(a);
  return { blocked: { ...image, data: apply(node.op, [image.data], node.attrs) } };
}

/** The mark goes to the data; a pending shift is small and stays what it is. */
function lowerCheckpoint(_: Node, [a]: readonly Lowered[]): Lowered | undefined {
  return a.blocked && { blocked: { ...a.blocked, data: checkpoint(a.blocked.data) } };
}

/** An operand that is not blocked yet becomes so where it is an image of the same extents. */
function lowerBinary(node: Node, [a, b]: readonly Lowered[]): Lowered | undefined {
  if (!a.blocked && !b.blocked) return undefined;
  const [left, right] = node.inputs;
  if (sameShape(left.shape, right.shape)) return combineImages(node.op, a, b);
  return a.blocked
    ? combineWithVector(node, a, right.shape, b.plain, false)
    : combineWithVector(node, b, left.shape, a.plain, true);
}

/** Two images of one size. Sums keep their shifts pending. */
function combineImages(op: Op, a: Lowered, b: Lowered): Lowered {
  if (op !== add) {
    const [left, right] = [settled(a), settled(b)];
    return { blocked: { ...left, data: apply(op, [left.data, right.data]) } };
  }
  const [left, right] = [blockedOf(a), blockedOf(b)];
  const shift = left.shift && right.shift
    ? add(left.shift, right.shift)
    : left.shift ?? right.shift;
  return { blocked: { ...left, data: add(left.data, right.data), shift } };
}

/**
 * An image and a number, or a number per channel ([1, C, 1, 1]) or per image and channel ([N, C, 1, 1]). Added ones
 * join the pending shift, factors go to image and shift alike, and nothing else is done to the image.
 */
function combineWithVector(
  { op }: Node,
  image: Lowered,
  shape: Shape,
  vector: Tensor | undefined,
  vectorFirst: boolean,
): Lowered | undefined {
  const blocked = image.blocked!;
  const rows = vector && rowsOf(vector, shape, blocked);
  if (!rows) return undefined;
  const { data, shift } = blocked;
  const single = rows.shape.length === 0;
  if (op === add && !single) return { blocked: shiftedBy(blocked, rows) };
  if (op === sub && !single && !vectorFirst) return { blocked: shiftedBy(blocked, neg(rows)) };
  if (op === mul || op === div && !vectorFirst) {
    const scaled = shift && apply(op, [shift, rows]);
    return { blocked: { ...blocked, data: apply(op, [data, rows]), shift: scaled } };
  }
  const done = settled(image);
  const pair = vectorFirst ? [rows, done.data] : [done.data, rows];
  return { blocked: { ...done, data: apply(op, pair) } };
}

function shiftedBy(image: Blocked, rows: Tensor): Blocked {
  return { ...image, shift: image.shift ? add(image.shift, rows) : rows };
}

/** A number as it is, a vector as [N, C] or [1, C]; undefined for anything that varies over positions. */
function rowsOf(vector: Tensor, shape: Shape, { data }: Blocked): Tensor | undefined {
  if (shape.length === 0) return vector;
  const [images = 1, channels, height, width] = shape.length === 3 ? [1, ...shape] : shape;
  const all = data.shape[2];
  if (shape.length < 3 || height !== 1 || width !== 1) return undefined;
  if (images !== 1 && images !== data.shape[1]) return undefined;
  const rows = reshape(vector, [images, channels]);
  return channels === all ? rows : expand(rows, [images, all]);
}
