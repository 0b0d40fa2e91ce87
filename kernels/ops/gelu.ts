/** Gelu: y = a Phi(a), Phi the normal distribution function (the exact form). */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { add } from "./add.ts";
import { erf } from "./erf.ts";
import { exp } from "./exp.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";

/** Elementwise Gaussian error linear unit (Hendrycks and Gimpel, 2016), a (1 + erf(a / sqrt 2)) / 2. */
export const gelu: UnaryOp = defineOp({
  type: "Gelu",
  bind: bindUnary,
  infer: inferFloat("Gelu"),
  // da = dy (Phi(a) + a phi(a)), phi the normal density
  vjp: [({ ct, a }) => {
    const distribution = mul(add(erf(mul(a, Math.SQRT1_2)), 1), 0.5);
    const density = mul(exp(mul(mul(a, a), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(ct, add(distribution, mul(a, density)));
  }],
  examples: [{ shapes: [[2, 3]], domain: [-3, 3] }],
});
