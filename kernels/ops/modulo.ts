/** Mod: the remainder of an integer division. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, inferInteger } from "./infer.ts";

/** a - b floor(a / b): elementwise with broadcasting, integers alone; the sign is b's, as in Python. */
export const modulo: BinaryOp = defineOp({
  type: "Mod",
  bind: bindBinary,
  infer: inferInteger("Mod"),
  vjp: "none",
  examples: [
    {
      shapes: [[2, 2], []],
      dtypes: ["uint64", "uint64"],
      values: { 0: [0, 7, 2 ** 40 + 1, 2 ** 52], 1: [5] },
    },
    {
      shapes: [[4], [4]],
      dtypes: ["int64", "int64"],
      values: { 0: [7, -7, 7, -7], 1: [3, 3, -3, -3] },
    },
  ],
});
