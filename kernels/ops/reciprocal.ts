/** Reciprocal: y = 1 / a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
/** Elementwise reciprocal. */
export const reciprocal: UnaryOp = defineOp({
  type: "Reciprocal",
  bind: bindUnary,
  infer: inferFloat("Reciprocal"),
  // da = -dy y^2
  vjp: [({ ct, y }) => neg(mul(ct, mul(y, y)))],
  examples: [{ shapes: [[2, 3]], domain: [0.5, 2] }],
});
