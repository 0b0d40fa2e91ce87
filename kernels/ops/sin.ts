/** Sin: y = sin a, a in radians. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { cos } from "./cos.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
/** Elementwise sine. */
export const sin: UnaryOp = defineOp({
  type: "Sin",
  bind: bindUnary,
  infer: inferFloat("Sin"),
  // da = dy cos a
  vjp: [({ ct, a }) => mul(ct, cos(a))],
  examples: [{ shapes: [[2, 3]], domain: [-4, 4] }],
});
