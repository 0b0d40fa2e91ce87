/**
 * Symbolic tensors: an immutable acyclic graph of operator applications with static shapes.
 *
 * Nothing here knows an operator by name; an `Op` brings its own inference, gradient and emission (`kernels/ops`).
 */
import type { DType, NdArray } from "../base/nd_array.ts";

export type Shape = readonly number[];

/** Element type and static shape. */
export interface Type {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** One output of one node. */
export interface Tensor extends Type {
  readonly node: Node;
  /** Which output of the node. */
  readonly port: number;
}

/** An operator applied to tensors; `A` is the type of its attributes. */
// deno-lint-ignore no-explicit-any
export interface Node<A = any> {
  readonly op: Op;
  readonly attrs: A;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

// deno-lint-ignore no-explicit-any
export type Attrs = Readonly<Record<string, any>>;

/** A subgraph: what a `Loop` repeats. Tensors of the surrounding graph may be used inside. */
export interface Body {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** What a vjp rule may use. Every input and output is at hand by position. */
// deno-lint-ignore no-explicit-any
export interface VjpContext<A = any> {
  /** Cotangent of the first output: d loss / d output, of that output's shape. */
  readonly ct: Tensor;
  /** Cotangents of all outputs; undefined where an output does not reach the loss. */
  readonly cts: readonly (Tensor | undefined)[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** First and second input, first output: the letters of the formulas. */
  readonly a: Tensor;
  readonly b: Tensor;
  readonly y: Tensor;
  readonly attrs: A;
}

/**
 * One input's cotangent. It may be larger than the input by broadcasting: the reverse walk sums it back.
 * "none": the output does not vary with this input (indices, conditions); no cotangent flows.
 */
// deno-lint-ignore no-explicit-any
export type VjpRule<A = any> = "none" | ((c: VjpContext<A>) => Tensor);

/**
 * The gradient of an op: a rule per input, or one rule for any input of a variadic op.
 * "none": no gradient flows (comparisons, integer arithmetic). "forbidden": asking for one is an error.
 */
// deno-lint-ignore no-explicit-any
export type Vjp<A = any> =
  | "none"
  | "forbidden"
  | readonly VjpRule<A>[]
  | ((c: VjpContext<A>, input: number) => Tensor);

/** How a node is written in ONNX where that differs from its inputs and integer/string attributes. */
export interface Emission {
  /** Operator and domain where they depend on the attributes; otherwise the op's own. */
  readonly type?: string;
  readonly domain?: string;
  /** Operands in order: an input's index, a constant, or null for an absent optional operand. */
  readonly operands?: readonly (number | NdArray | null)[];
  readonly attrs?: Readonly<Record<string, OnnxAttr>>;
  /** The model states the types of the outputs, because ONNX Runtime could not infer them. */
  readonly typed?: boolean;
}

/** An ONNX attribute; a bare number is an INT, `{ float }` a FLOAT, an array INTS, `{ floats }` FLOATS. */
export type OnnxAttr =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly body: Body };

/** A case on which the laws try an op: operand shapes and attributes. */
export interface Example {
  readonly shapes: readonly Shape[];
  readonly attrs?: Attrs;
  /** Operand types where they are not all float32. */
  readonly dtypes?: readonly DType[];
  /** Values are drawn uniformly from this interval (default [-1, 1]), keeping clear of kinks. */
  readonly domain?: readonly [number, number];
  /** Fixed operand values by position, for indices and conditions. */
  readonly values?: Readonly<Record<number, readonly number[]>>;
}

/** An operator: one ONNX operator, with everything that is known about it. */
// deno-lint-ignore no-explicit-any
export interface Op<A = any> {
  /** ONNX operator type. */
  readonly type: string;
  /** ONNX domain; "" is the default one. */
  readonly domain?: string;
  infer(inputs: readonly Type[], attrs: A): Type | readonly Type[];
  readonly vjp: Vjp<A>;
  /** A composite op written in simpler ones; where it is there, `vjp` is never asked. */
  decompose?(inputs: readonly Tensor[], attrs: A): Tensor | readonly Tensor[];
  /** How to write it in ONNX; without it, all inputs in order and the attributes as they are. */
  emit?(node: Node<A>): Emission;
  readonly examples: readonly Example[];
  /** A cheaper equal of a node whose inputs are already simplified, or undefined. */
  simplify?(node: Node<A>): Tensor | undefined;
}

/** Applies an op: infers the output types and makes the node. All its outputs are returned. */
export function applyAll(op: Op, inputs: readonly Tensor[], attrs: Attrs = {}): readonly Tensor[] {
  const inferred = op.infer(inputs, attrs);
  const types = (Array.isArray(inferred) ? inferred : [inferred]) as readonly Type[];
  const outputs: Tensor[] = [];
  const node: Node = { op, attrs, inputs, outputs };
  types.forEach(({ dtype, shape }, port) => outputs.push({ dtype, shape, node, port }));
  return outputs;
}

/** Applies an op that has one output. */
export function apply(op: Op, inputs: readonly Tensor[], attrs: Attrs = {}): Tensor {
  return applyAll(op, inputs, attrs)[0];
}

/** `float32[64, 3, 16, 16]` */
export function typeText({ dtype, shape }: Type): string {
  return `${dtype}[${shape.join(", ")}]`;
}
