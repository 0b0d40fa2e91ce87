/** BitwiseAnd: the bitwise and of two integers. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, bitExamples, inferInteger } from "./infer.ts";

/** Bitwise and, elementwise with broadcasting. */
export const bitwiseAnd: BinaryOp = defineOp({
  type: "BitwiseAnd",
  bind: bindBinary,
  infer: inferInteger("BitwiseAnd"),
  vjp: "none",
  examples: bitExamples,
});
