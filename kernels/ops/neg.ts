/** Neg: y = -a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferUnary } from "./infer.ts";

/** Elementwise negation. */
export const neg: UnaryOp = defineOp({
  type: "Neg",
  bind: bindUnary,
  infer: inferUnary,
  // da = -dy
  vjp: [({ ct }) => neg(ct)],
  // -(-a) = a
  simplify: ({ inputs: [a] }) => a.node.op === neg ? a.node.inputs[0] : undefined,
  examples: [{ shapes: [[2, 3]] }],
});
