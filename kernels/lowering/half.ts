/**
 * Mixed precision: matrix products and convolutions on operands of 16 bits, everything else (normalisations,
 * softmax, losses, sums, and all weights outside their products) in float32. A rewriting of a lowered graph before
 * it is differentiated, so that the gradients' products are of 16 bits too.
 *
 * Micikevicius et al. (2018), arXiv:1710.03740; the division of operators is that of PyTorch's autocast.
 */
import type { HalfType } from "../../src/base/half.ts";
import { isHalf } from "../../src/base/half.ts";
import { applyAll, type Node, type Op, type Tensor } from "../../src/graph/tensor.ts";
import { rewriteGraph } from "../../src/graph/walk.ts";
import { cast } from "../ops/cast.ts";
import { concat } from "../ops/concat.ts";
import { conv } from "../ops/conv.ts";
import { convTranspose } from "../ops/conv_transpose.ts";
import { gemm } from "../ops/gemm.ts";
import { matMul } from "../ops/mat_mul.ts";
import { reshape } from "../ops/reshape.ts";
import { resize } from "../ops/resize.ts";
import { slice } from "../ops/slice.ts";
import { split } from "../ops/split.ts";
import { transpose } from "../ops/transpose.ts";

export { type MixedPrecision, mixedPrecisions } from "./precision.ts";

/** Operators that are worth it: their time is multiplication. Known by type, for a lowering may have its own Conv. */
const products: ReadonlySet<string> = new Set([conv, convTranspose, gemm, matMul].map(typeOf));

/** The CUDA provider has convolutions of bfloat16 from opset 22 on, and transposed ones not at all. */
const bfloatProducts: ReadonlySet<string> = new Set([gemm, matMul].map(typeOf));

/** Operators that only move elements keep what they are given. */
const moving: ReadonlySet<Op> = new Set<Op>([concat, reshape, resize, slice, split, transpose]);

/**
 * The outputs with products of 16 bits. `native`: the device multiplies such numbers itself. Otherwise operands
 * and results are rounded to 16 bits and held in float32, which gives the same numbers up to the order of sums:
 * the CPU provider has no products of 16 bits. Outputs keep their types.
 */
export function multiplyInHalf(
  outputs: readonly Tensor[],
  dtype: HalfType,
  native: boolean,
): Tensor[] {
  const isNative = (node: Node) =>
    native && (dtype === "float16" || bfloatProducts.has(node.op.type));
  const rewritten = rewriteGraph(outputs, (node, inputs) => {
    if (!products.has(node.op.type) || inputs.some(({ dtype }) => !isReal(dtype))) {
      const narrow = moving.has(node.op) && inputs.every(({ dtype }) => isHalf(dtype));
      return narrow ? undefined : applied(node, inputs.map(widened));
    }
    if (isNative(node)) return applied(node, inputs.map((input) => cast(input, dtype)));
    const operands = inputs.map((input) => roundedTo(widened(input), dtype));
    return applied(node, operands).map((output) => roundedTo(output, dtype));
  });
  return rewritten.map((output, i) => cast(output, outputs[i].dtype));
}

function typeOf({ type }: Op): string {
  return type;
}

const isReal = (dtype: Tensor["dtype"]) => dtype === "float32" || isHalf(dtype);

const widened = (tensor: Tensor) => isHalf(tensor.dtype) ? cast(tensor, "float32") : tensor;

/** The nearest numbers of 16 bits, in float32; their cotangents are rounded in the same way. */
const roundedTo = (tensor: Tensor, dtype: HalfType) => cast(cast(tensor, dtype), "float32");

/** The node on other inputs; itself where nothing changed, so that untouched parts stay shared. */
function applied(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const same = inputs.every((input, i) => input === node.inputs[i]);
  return same ? node.outputs : applyAll(node.op, inputs, node.attrs);
}
