/** CPU lowering of elementwise ops: they work in the blocked layout as in any other. */
import { apply, type Node, type Op } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { mul } from "../../ops/mul.ts";
import { neg } from "../../ops/neg.ts";
import { quickGelu } from "../../ops/quick_gelu.ts";
import { relu } from "../../ops/relu.ts";
import { reshape } from "../../ops/reshape.ts";
import { sigmoid } from "../../ops/sigmoid.ts";
import { sub } from "../../ops/sub.ts";
import { tanh } from "../../ops/tanh.ts";
import { type Blocked, type Lowered, type LoweringRule, settled } from "./value.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";

/** Rules for the ops that networks apply to images. */
export const elementwiseRules: readonly (readonly [Op, LoweringRule])[] = [
  ...[neg, quickGelu, relu, sigmoid, tanh].map((op) => [op, lowerUnary] as const),
  ...[add, sub, mul].map((op) => [op, lowerBinary] as const),
];

function lowerUnary(node: Node, [a]: readonly Lowered[]): Lowered | undefined {
  if (!a.blocked) return undefined;
  const image = settled(a);
  return { blocked: { ...image, data: apply(node.op, [image.data], node.attrs) } };
}

function lowerBinary(node: Node, [a, b]: readonly Lowered[]): Lowered | undefined {
  if (a.blocked && b.blocked) return combineImages(node, a, b);
  if (a.blocked) return combineWithVector(node, a, node.inputs[1], b);
  if (b.blocked && node.op !== sub) return combineWithVector(node, b, node.inputs[0], a);
}

/** Two images of one size. Sums keep their shifts pending. */
function combineImages(node: Node, a: Lowered, b: Lowered): Lowered | undefined {
  const [left, right] = [a.blocked!, b.blocked!];
  if (left.data.shape.join() !== right.data.shape.join()) return undefined;
  if (node.op !== add) {
    return { blocked: { ...left, ...settledPair(node.op, settled(a), settled(b)) } };
  }
  const shift = left.shift && right.shift
    ? add(left.shift, right.shift)
    : left.shift ?? right.shift;
  return { blocked: { ...left, data: add(left.data, right.data), shift } };
}

function settledPair(op: Op, left: Blocked, right: Blocked) {
  return { data: apply(op, [left.data, right.data]), shift: undefined };
}

/** An image and a number, or a number per channel ([1, C, 1, 1]) or per image and channel ([N, C, 1, 1]). */
function combineWithVector(
  node: Node,
  image: Lowered,
  { shape }: Tensor,
  vector: Lowered,
): Lowered | undefined {
  const value = vector.plain;
  if (!value) return undefined;
  const blocked = image.blocked!;
  if (shape.length === 0) {
    const done = settled(image);
    return { blocked: { ...done, data: apply(node.op, [done.data, value]) } };
  }
  const [images, channels, height, width] = shape;
  if (shape.length !== 4 || height !== 1 || width !== 1 || channels !== blocked.data.shape[2]) {
    return undefined;
  }
  const rows = reshape(value, [images, channels]);
  if (node.op === add) {
    return { blocked: { ...blocked, shift: blocked.shift ? add(blocked.shift, rows) : rows } };
  }
  const done = settled(image);
  return { blocked: { ...done, data: apply(node.op, [done.data, rows]) } };
}
