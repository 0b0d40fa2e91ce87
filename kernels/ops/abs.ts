/** Abs: y = |a|. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferUnary } from "./infer.ts";
import { mul } from "./mul.ts";
import { sign } from "./sign.ts";
/** Elementwise absolute value. */
export const abs: UnaryOp = defineOp({
  type: "Abs",
  bind: bindUnary,
  infer: inferUnary,
  // da = dy sign(a): 0 at 0
  vjp: [({ ct, a }) => mul(ct, sign(a))],
  examples: [{ shapes: [[2, 3]], domain: [0.2, 1] }, { shapes: [[2, 3]], domain: [-1, -0.2] }],
});
