/** BitwiseXor: the bitwise exclusive or of two integers. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, bitExamples, inferInteger } from "./infer.ts";

/** Bitwise exclusive or, elementwise with broadcasting. */
export const bitwiseXor: BinaryOp = defineOp({
  type: "BitwiseXor",
  bind: bindBinary,
  infer: inferInteger("BitwiseXor"),
  vjp: "none",
  examples: bitExamples,
});
