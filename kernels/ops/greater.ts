/** Greater: is a greater than b? */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, comparisonExamples, inferComparison } from "./infer.ts";

/** Elementwise comparison with broadcasting; bool. No gradient flows. */
export const greater: BinaryOp = defineOp({
  type: "Greater",
  bind: bindBinary,
  infer: inferComparison("Greater"),
  vjp: "none",
  examples: comparisonExamples,
});
