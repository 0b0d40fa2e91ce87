/** Or: is any of two true? */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, inferLogical, logicalExamples } from "./infer.ts";

/** Elementwise "or" of truth values, with broadcasting. */
export const or: BinaryOp = defineOp({
  type: "Or",
  bind: bindBinary,
  infer: inferLogical("Or"),
  vjp: "none",
  examples: logicalExamples,
});
