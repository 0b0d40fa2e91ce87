/** Min: the smaller of two numbers. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { less } from "./less.ts";
import { apartExamples, bindBinary, inferBroadcast } from "./infer.ts";
import { where } from "./where.ts";

/** The smaller of two tensors, elementwise with broadcasting. Where both are equal, the gradient goes to the first. */
export const min: BinaryOp = defineOp({
  type: "Min",
  bind: bindBinary,
  infer: inferBroadcast("Min"),
  // dy goes to the one that was chosen
  vjp: [
    ({ ct, a, b }) => where(less(b, a), 0, ct),
    ({ ct, a, b }) => where(less(b, a), ct, 0),
  ],
  examples: apartExamples,
});
