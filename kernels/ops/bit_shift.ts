/** BitShift: bits of unsigned integers moved left or right. */
import { type CallableOp, defineOp, type Operand, operands } from "../../src/graph/define.ts";
import type { Type } from "../../src/graph/tensor.ts";
import { inferInteger } from "./infer.ts";

type BitShiftAttrs = { readonly direction: "LEFT" | "RIGHT" };

/** a shifted by b bits, zeros moving in; elementwise with broadcasting, unsigned integers alone. */
export const bitShift: CallableOp<
  [a: Operand, b: Operand, direction: "LEFT" | "RIGHT"],
  BitShiftAttrs
> = defineOp({
  type: "BitShift",
  bind: (a: Operand, b: Operand, direction: "LEFT" | "RIGHT") => ({
    inputs: operands(a, b),
    attrs: { direction },
  }),
  infer: (inputs: readonly Type[]) => {
    const found = inferInteger("BitShift")(inputs);
    if (!found.dtype.startsWith("u")) {
      throw new Error(`BitShift takes unsigned integers, not ${found.dtype}`);
    }
    return found;
  },
  vjp: "none",
  examples: (["LEFT", "RIGHT"] as const).map((direction) => ({
    shapes: [[2, 3], []],
    attrs: { direction },
    dtypes: ["uint64", "uint64"],
    values: { 0: [1, 2, 3, 2 ** 32, 2 ** 40 + 5, 2 ** 52], 1: [7] },
  })),
});
