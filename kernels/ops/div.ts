/** Div: y = a / b, elementwise with broadcasting. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { bindBinary, broadcastExamples, inferBroadcast, withoutNeutral } from "./infer.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";

/** Elementwise quotient of two tensors of one dtype; shapes broadcast. */
export const div: BinaryOp = defineOp({
  type: "Div",
  bind: bindBinary,
  infer: inferBroadcast("Div"),
  // da = dy / b, db = -dy y / b
  vjp: [({ ct, b }) => div(ct, b), ({ ct, b, y }) => neg(div(mul(ct, y), b))],
  // a / 1 = a
  simplify: (node) => withoutNeutral(node, 1, "second"),
  examples: broadcastExamples.map((example) => ({ ...example, domain: [0.5, 2] as const })),
});
