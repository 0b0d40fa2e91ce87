/** Exp: y = e^a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferUnary } from "./infer.ts";
import { mul } from "./mul.ts";

/** Elementwise exponential. */
export const exp: UnaryOp = defineOp({
  type: "Exp",
  bind: bindUnary,
  infer: inferUnary,
  // da = dy y
  vjp: [({ ct, y }) => mul(ct, y)],
  examples: [{ shapes: [[2, 3]] }],
});
