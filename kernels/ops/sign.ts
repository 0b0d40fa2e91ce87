/** Sign: y = -1, 0 or 1, as a is below, at or above 0. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferUnary } from "./infer.ts";
/** Elementwise sign; no gradient flows. */
export const sign: UnaryOp = defineOp({
  type: "Sign",
  bind: bindUnary,
  infer: inferUnary,
  // constant between its jumps
  vjp: "none",
  examples: [{ shapes: [[2, 3]] }],
});
