/** Sigmoid: y = 1 / (1 + e^-a). */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

/** Elementwise logistic function. */
export const sigmoid: UnaryOp = defineOp({
  type: "Sigmoid",
  bind: bindUnary,
  infer: inferFloat("Sigmoid"),
  // da = dy y (1 - y)
  vjp: [({ ct, y }) => mul(ct, mul(y, sub(1, y)))],
  examples: [{ shapes: [[2, 3]], domain: [-4, 4] }],
});
