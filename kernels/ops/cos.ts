/** Cos: y = cos a, a in radians. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sin } from "./sin.ts";
/** Elementwise cosine. */
export const cos: UnaryOp = defineOp({
  type: "Cos",
  bind: bindUnary,
  infer: inferFloat("Cos"),
  // da = -dy sin a
  vjp: [({ ct, a }) => neg(mul(ct, sin(a)))],
  examples: [{ shapes: [[2, 3]], domain: [-4, 4] }],
});
