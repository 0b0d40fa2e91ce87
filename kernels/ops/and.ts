/** And: are both true? */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, inferLogical, logicalExamples } from "./infer.ts";

/** Elementwise "and" of truth values, with broadcasting. */
export const and: BinaryOp = defineOp({
  type: "And",
  bind: bindBinary,
  infer: inferLogical("And"),
  vjp: "none",
  examples: logicalExamples,
});
