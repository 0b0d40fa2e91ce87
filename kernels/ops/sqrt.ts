/** Sqrt: y = the square root of a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { div } from "./div.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";

/** Elementwise square root of non-negative numbers. */
export const sqrt: UnaryOp = defineOp({
  type: "Sqrt",
  bind: bindUnary,
  infer: inferFloat("Sqrt"),
  // da = dy / (2 y)
  vjp: [({ ct, y }) => div(mul(ct, 0.5), y)],
  examples: [{ shapes: [[2, 3]], domain: [0.5, 2] }],
});
