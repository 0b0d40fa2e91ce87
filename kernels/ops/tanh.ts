/** Tanh: y = the hyperbolic tangent of a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
/** Elementwise hyperbolic tangent. */
export const tanh: UnaryOp = defineOp({
  type: "Tanh",
  bind: bindUnary,
  infer: inferFloat("Tanh"),
  // da = dy (1 - y^2)
  vjp: [({ ct, y }) => mul(ct, sub(1, mul(y, y)))],
  examples: [{ shapes: [[2, 3]], domain: [-2, 2] }],
});
