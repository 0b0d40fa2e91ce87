/** Erf: y = 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { exp } from "./exp.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
/** Elementwise error function. */
export const erf: UnaryOp = defineOp({
  type: "Erf",
  bind: bindUnary,
  infer: inferFloat("Erf"),
  // da = dy 2 / sqrt(pi) e^(-a^2)
  vjp: [({ ct, a }) => mul(ct, mul(exp(neg(mul(a, a))), 2 / Math.sqrt(Math.PI)))],
  examples: [{ shapes: [[2, 3]], domain: [-2, 2] }],
});
