/** How an op is defined: one value that is both the operator's description and the function that applies it. */
import { apply, type Attrs, type Op, type Tensor } from "./tensor.ts";
import { scalar } from "./sources.ts";

/** Where a tensor is expected, a number stands for a constant of the other operand's dtype. */
export type Operand = Tensor | number;

/** An op that can be called. */
// deno-lint-ignore no-explicit-any
export type CallableOp<Args extends unknown[], A = any> = ((...args: Args) => Tensor) & Op<A>;

export type UnaryOp = CallableOp<[a: Tensor]>;
export type BinaryOp = CallableOp<[a: Operand, b: Operand]>;

/**
 * Defines an op. The exported constant needs its type written out, because gradients mention their own op. `bind` turns the arguments of a call into operands and attributes.
 *
 *     export const exp: UnaryOp = defineOp({ type: "Exp", bind: (a: Tensor) => ({ inputs: [a] }), ... });
 *     exp(x)          // applies it
 *     exp.vjp         // describes it
 */
export function defineOp<Args extends unknown[], A extends Attrs>(
  definition: Op<A> & { bind(...args: Args): { inputs: readonly Tensor[]; attrs?: A } },
): CallableOp<Args, A> {
  const { bind, ...op } = definition;
  const call = (...args: Args) => {
    const { inputs, attrs } = bind(...args);
    return apply(callable, inputs, attrs ?? {});
  };
  const callable: CallableOp<Args, A> = Object.assign(call, op);
  return callable;
}

/** Makes constants of the numbers among two or more operands, with the dtype of the first tensor. */
export function operands(...values: readonly Operand[]): Tensor[] {
  const dtype = values.find((value) => typeof value !== "number")?.dtype ?? "float32";
  return values.map((value) => typeof value === "number" ? scalar(value, dtype) : value);
}

/** Is this export an op? */
export function isOp(value: unknown): value is Op {
  return typeof value === "function" && "infer" in value && "vjp" in value;
}
