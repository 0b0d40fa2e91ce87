/** Equal: is a equal to b? */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, comparisonExamples, inferComparison } from "./infer.ts";

/** Elementwise comparison with broadcasting; bool. No gradient flows. */
export const equal: BinaryOp = defineOp({
  type: "Equal",
  bind: bindBinary,
  infer: inferComparison("Equal"),
  vjp: "none",
  examples: comparisonExamples,
});
