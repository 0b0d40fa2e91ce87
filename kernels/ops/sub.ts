/** Sub: y = a - b, with broadcasting. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, broadcastExamples, inferBroadcast, withoutNeutral } from "./infer.ts";
import { neg } from "./neg.ts";

/** Elementwise difference of two tensors of one dtype; shapes broadcast. */
export const sub: BinaryOp = defineOp({
  type: "Sub",
  bind: bindBinary,
  infer: inferBroadcast("Sub"),
  // da = dy, db = -dy
  vjp: [({ ct }) => ct, ({ ct }) => neg(ct)],
  // a - 0 = a
  simplify: (node) => withoutNeutral(node, 0, "second"),
  examples: broadcastExamples,
});
