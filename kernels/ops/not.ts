/** Not: true where a is false. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferLogical } from "./infer.ts";

/** Elementwise negation of truth values. */
export const not: UnaryOp = defineOp({
  type: "Not",
  bind: bindUnary,
  infer: inferLogical("Not"),
  vjp: "none",
  examples: [{ shapes: [[2, 2]], dtypes: ["bool"], values: { 0: [0, 1, 1, 0] } }],
});
