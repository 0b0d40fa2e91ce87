/** Log: y = the natural logarithm of a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { div } from "./div.ts";
import { bindUnary, inferFloat } from "./infer.ts";
/** Elementwise natural logarithm of positive numbers. */
export const log: UnaryOp = defineOp({
  type: "Log",
  bind: bindUnary,
  infer: inferFloat("Log"),
  // da = dy / a
  vjp: [({ ct, a }) => div(ct, a)],
  examples: [{ shapes: [[2, 3]], domain: [0.5, 2] }],
});
