/** Floor: the largest integer not above a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferFloat } from "./infer.ts";
/** Elementwise rounding down; no gradient flows. */
export const floor: UnaryOp = defineOp({
  type: "Floor",
  bind: bindUnary,
  infer: inferFloat("Floor"),
  // constant between its jumps
  vjp: "none",
  examples: [{ shapes: [[2, 3]], domain: [-3, 3] }],
});
