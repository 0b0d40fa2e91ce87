/** Mul: y = a b, elementwise with broadcasting. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, broadcastExamples, inferBroadcast, withoutNeutral } from "./infer.ts";

/** Elementwise product of two tensors of one dtype; shapes broadcast. uint64 products wrap. */
export const mul: BinaryOp = defineOp({
  type: "Mul",
  bind: bindBinary,
  infer: inferBroadcast("Mul"),
  // da = dy b, db = dy a
  vjp: [({ ct, b }) => mul(ct, b), ({ ct, a }) => mul(ct, a)],
  // 1 a = a
  simplify: (node) => withoutNeutral(node, 1, "either"),
  examples: broadcastExamples,
});
