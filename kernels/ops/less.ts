/** Less: is a less than b? */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, comparisonExamples, inferComparison } from "./infer.ts";

/** Elementwise comparison with broadcasting; bool. No gradient flows. */
export const less: BinaryOp = defineOp({
  type: "Less",
  bind: bindBinary,
  infer: inferComparison("Less"),
  vjp: "none",
  examples: comparisonExamples,
});
