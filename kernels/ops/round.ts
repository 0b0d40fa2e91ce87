/** Round: the nearest integer. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferFloat } from "./infer.ts";
/** Elementwise rounding, halves to the even neighbour; no gradient flows. */
export const round: UnaryOp = defineOp({
  type: "Round",
  bind: bindUnary,
  infer: inferFloat("Round"),
  // constant between its jumps
  vjp: "none",
  examples: [{ shapes: [[5]], dtypes: ["float32"], values: { 0: [-1.5, -0.4, 0.5, 1.5, 2.7] } }],
});
