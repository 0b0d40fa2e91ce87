/** Where: a where the condition holds, b elsewhere. */
import { type CallableOp, defineOp, type Operand, operands } from "../../src/graph/define.ts";
import { broadcastShapes, commonDtype } from "../../src/graph/shape.ts";
import type { Tensor, Type } from "../../src/graph/tensor.ts";

type NoAttrs = Readonly<Record<never, never>>;

/** Chooses between two tensors of one dtype by a bool tensor, elementwise with broadcasting. */
export const where: CallableOp<[condition: Tensor, a: Operand, b: Operand], NoAttrs> = defineOp({
  type: "Where",
  bind: (condition: Tensor, a: Operand, b: Operand) => ({
    inputs: [condition, ...operands(a, b)],
  }),
  infer: ([condition, a, b]: readonly Type[]) => {
    if (condition.dtype !== "bool") throw new Error(`Where: a condition of ${condition.dtype}`);
    const shape = broadcastShapes(condition.shape, a.shape, b.shape);
    return { dtype: commonDtype("Where", [a, b]), shape };
  },
  // dy goes to the one that was chosen
  vjp: [
    "none",
    ({ ct, inputs: [condition] }) => where(condition, ct, 0),
    ({ ct, inputs: [condition] }) => where(condition, 0, ct),
  ],
  examples: [
    {
      shapes: [[2, 3], [2, 3], [3]],
      dtypes: ["bool", "float32", "float32"],
      values: { 0: [1, 0, 0, 1, 1, 0] },
    },
    {
      shapes: [[3], [2, 1], []],
      dtypes: ["bool", "float32", "float32"],
      values: { 0: [1, 0, 1] },
    },
  ],
});
