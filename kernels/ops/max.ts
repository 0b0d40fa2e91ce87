/** Max: the larger of two numbers. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { greater } from "./greater.ts";
import { apartExamples, bindBinary, inferBroadcast } from "./infer.ts";
import { where } from "./where.ts";

/** The larger of two tensors, elementwise with broadcasting. Where both are equal, the gradient goes to the first. */
export const max: BinaryOp = defineOp({
  type: "Max",
  bind: bindBinary,
  infer: inferBroadcast("Max"),
  // dy goes to the one that was chosen
  vjp: [
    ({ ct, a, b }) => where(greater(b, a), 0, ct),
    ({ ct, a, b }) => where(greater(b, a), ct, 0),
  ],
  examples: apartExamples,
});
