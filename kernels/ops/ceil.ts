/** Ceil: the smallest integer not below a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferFloat } from "./infer.ts";
/** Elementwise rounding up; no gradient flows. */
export const ceil: UnaryOp = defineOp({
  type: "Ceil",
  bind: bindUnary,
  infer: inferFloat("Ceil"),
  // constant between its jumps
  vjp: "none",
  examples: [{ shapes: [[2, 3]], domain: [-3, 3] }],
});
