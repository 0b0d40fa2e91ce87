/** Add: y = a + b, with broadcasting. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, broadcastExamples, inferBroadcast, withoutNeutral } from "./infer.ts";

/** Elementwise sum of two tensors of one dtype; shapes broadcast. */
export const add: BinaryOp = defineOp({
  type: "Add",
  bind: bindBinary,
  infer: inferBroadcast("Add"),
  // da = dy, db = dy
  vjp: [({ ct }) => ct, ({ ct }) => ct],
  // a + 0 = a
  simplify: (node) => withoutNeutral(node, 0, "either"),
  examples: broadcastExamples,
});
