/** Softplus: y = log(1 + e^a). */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
/** Elementwise smooth rectifier, exact for large |a|. */
export const softplus: UnaryOp = defineOp({
  type: "Softplus",
  bind: bindUnary,
  infer: inferFloat("Softplus"),
  // da = dy sigmoid(a)
  vjp: [({ ct, a }) => mul(ct, sigmoid(a))],
  examples: [{ shapes: [[2, 3]], domain: [-4, 4] }],
});
