/** Relu: y = max(a, 0). */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { greater } from "./greater.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { where } from "./where.ts";
/** Elementwise rectifier. */
export const relu: UnaryOp = defineOp({
  type: "Relu",
  bind: bindUnary,
  infer: inferFloat("Relu"),
  // da = dy where a > 0: 0 at 0
  vjp: [({ ct, a }) => where(greater(a, 0), ct, 0)],
  examples: [{ shapes: [[2, 3]], domain: [0.2, 1] }, { shapes: [[2, 3]], domain: [-1, -0.2] }],
});
