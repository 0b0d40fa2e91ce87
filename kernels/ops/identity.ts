/** Identity: y = a. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferUnary } from "./infer.ts";

/** The same tensor as a node of its own: a copy that can be named or replaced. */
export const identity: UnaryOp = defineOp({
  type: "Identity",
  bind: bindUnary,
  infer: inferUnary,
  // da = dy
  vjp: [({ ct }) => ct],
  simplify: ({ inputs: [a] }) => a,
  examples: [{ shapes: [[2, 3]] }],
});
