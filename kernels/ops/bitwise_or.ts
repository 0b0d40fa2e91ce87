/** BitwiseOr: the bitwise or of two integers. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, bitExamples, inferInteger } from "./infer.ts";

/** Bitwise or, elementwise with broadcasting. */
export const bitwiseOr: BinaryOp = defineOp({
  type: "BitwiseOr",
  bind: bindBinary,
  infer: inferInteger("BitwiseOr"),
  vjp: "none",
  examples: bitExamples,
});
