/** What many ops share: type inference, argument binding, examples; not an op. */
import { type CallableOp, type Operand, operands } from "../../src/graph/define.ts";
import { isHalf } from "../../src/base/half.ts";
import { type DType, int64 } from "../../src/base/nd_array.ts";
import {
  broadcastShapes,
  commonDtype,
  normalizeAxis,
  reduceShape,
  sameShape,
} from "../../src/graph/shape.ts";
import { scalarValue } from "../../src/graph/sources.ts";
import type { Emission, Example, Node, Tensor, Type } from "../../src/graph/tensor.ts";

/** An output like the only input. */
export const inferUnary = ([a]: readonly Type[]): Type => ({ dtype: a.dtype, shape: a.shape });

/** An output of the operands' common dtype and broadcast shape. */
export const inferBroadcast = (operator: string) => (inputs: readonly Type[]): Type => ({
  dtype: commonDtype(operator, inputs),
  shape: broadcastShapes(...inputs.map((input) => input.shape)),
});

/** Is this a type of real numbers, along which gradients flow? */
export const isFloat = (dtype: DType): boolean =>
  dtype === "float32" || dtype === "float64" || isHalf(dtype);

/** An output like the only input, which holds real numbers. */
export const inferFloat = (operator: string) => ([a]: readonly Type[]): Type => {
  if (!isFloat(a.dtype)) throw new Error(`${operator} of ${a.dtype}: cast it to float32 first`);
  return inferUnary([a]);
};

/** As `inferBroadcast`, of integers alone. */
export const inferInteger = (operator: string) => (inputs: readonly Type[]): Type => {
  const found = inferBroadcast(operator)(inputs);
  if (!/^u?int/.test(found.dtype)) {
    throw new Error(`${operator} takes integers, not ${found.dtype}`);
  }
  return found;
};

/** Broadcasts as `inferBroadcast`; the output tells true from false. */
export const inferComparison = (operator: string) => (inputs: readonly Type[]): Type => ({
  dtype: "bool",
  shape: inferBroadcast(operator)(inputs).shape,
});

/** Broadcasts truth values. */
export const inferLogical = (operator: string) => (inputs: readonly Type[]): Type => {
  const found = inferBroadcast(operator)(inputs);
  if (found.dtype !== "bool") throw new Error(`${operator} takes bool, not ${found.dtype}`);
  return found;
};

/** An output like the only input, which holds real numbers and has the axis. */
export const inferAlongAxis =
  (operator: string) => ([a]: readonly Type[], { axis }: { readonly axis: number }): Type => {
    normalizeAxis(axis, a.shape.length);
    return inferFloat(operator)([a]);
  };

/** Throws unless a type can index. */
export function requireIndices(operator: string, { dtype }: Type) {
  if (dtype !== "int32" && dtype !== "int64") {
    throw new Error(`${operator}: indices must be int32 or int64, not ${dtype}`);
  }
}

/** Which axes a reduction takes away, and whether they stay with extent 1. */
export type ReduceAttrs = { readonly axes: readonly number[]; readonly keep: boolean };

/** All that the reductions share but their gradients: y has `axes` gone, or kept with extent 1. */
export const reduction = {
  bind: (a: Tensor, axes: readonly number[], keep = false) => ({
    inputs: [a],
    attrs: { axes, keep },
  }),
  infer: ([a]: readonly Type[], { axes, keep }: ReduceAttrs): Type => ({
    dtype: a.dtype,
    shape: reduceShape(a.shape, axes, keep),
  }),
  emit: ({ attrs: { axes, keep } }: Node<ReduceAttrs>): Emission => ({
    operands: [0, int64([axes.length], axes)],
    // Without it, ONNX takes an empty list for all axes.
    attrs: { keepdims: keep ? 1 : 0, noop_with_empty_axes: 1 },
  }),
  simplify: ({ inputs: [a], attrs: { axes } }: Node<ReduceAttrs>): Tensor | undefined =>
    axes.length === 0 ? a : undefined,
};

/** How a reduction is called. */
export type Reduction = CallableOp<
  [a: Tensor, axes: readonly number[], keep?: boolean],
  ReduceAttrs
>;

/** Binds one operand and no attributes. */
export const bindUnary = (a: Tensor) => ({ inputs: [a] });

/** Binds two operands, either of which may be a number. */
export const bindBinary = (a: Operand, b: Operand) => ({ inputs: operands(a, b) });

/** The other operand of a node where one is a constant that changes nothing, not even by broadcasting. */
export function withoutNeutral(
  { inputs: [a, b], outputs: [y] }: Node,
  neutral: number,
  place: "either" | "second",
): Tensor | undefined {
  if (scalarValue(b) === neutral && sameShape(a.shape, y.shape)) return a;
  if (place === "either" && scalarValue(a) === neutral && sameShape(b.shape, y.shape)) return b;
}

/** Shapes on which every binary op with broadcasting is tried. */
export const broadcastExamples = [
  { shapes: [[2, 3], [2, 3]] },
  { shapes: [[2, 3, 4], [3, 1]] },
  { shapes: [[4], [2, 3, 4]] },
  { shapes: [[], [2, 2]] },
];

/** Integers on which the bitwise ops are tried. */
export const bitExamples: readonly Example[] = [
  {
    shapes: [[2, 2], [2]],
    dtypes: ["uint64", "uint64"],
    values: { 0: [0, 255, 2 ** 40 + 1, 2 ** 52], 1: [2 ** 40 + 3, 170] },
  },
  { shapes: [[3], [3]], dtypes: ["int32", "int32"], values: { 0: [-1, 5, 8], 1: [3, 6, -8] } },
];

/** Pairs of numbers, some equal, on which comparisons are tried. */
export const comparisonExamples: readonly Example[] = [
  { shapes: [[2, 3], [3]], values: { 0: [1, 2, 3, -1, 0, 5], 1: [1, 0, 4] } },
  { shapes: [[3], []], dtypes: ["int64", "int64"], values: { 0: [1, 2, 3], 1: [2] } },
];

/** Truth values on which the logical ops are tried. */
export const logicalExamples: readonly Example[] = [
  { shapes: [[2, 2], [2]], dtypes: ["bool", "bool"], values: { 0: [0, 0, 1, 1], 1: [0, 1] } },
];

/** Pairs of numbers that are never near each other, where a choice between them has no kink. */
export const apartExamples: readonly Example[] = [
  { shapes: [[2, 3], [3]], values: { 0: [1, 2, 3, -1, 0, 5], 1: [1.5, 0.5, 4] } },
  { shapes: [[], [2, 2]], values: { 0: [0.25], 1: [0, 1, -1, 2] } },
];
