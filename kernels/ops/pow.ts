/** Pow: y = a^b, elementwise with broadcasting. */
import { type BinaryOp, defineOp } from "../../src/graph/define.ts";
import { sameShape } from "../../src/graph/shape.ts";
import { scalarValue } from "../../src/graph/sources.ts";
import { bindBinary, broadcastExamples, inferBroadcast } from "./infer.ts";
import { log } from "./log.ts";
import { mul } from "./mul.ts";
import { sqrt } from "./sqrt.ts";
import { sub } from "./sub.ts";

/** a to the power b. The gradient of the exponent needs a positive base. */
export const pow: BinaryOp = defineOp({
  type: "Pow",
  bind: bindBinary,
  infer: inferBroadcast("Pow"),
  // da = dy b a^(b-1), db = dy y log a
  vjp: [
    ({ ct, a, b }) => mul(ct, mul(b, pow(a, sub(b, 1)))),
    ({ ct, a, y }) => mul(ct, mul(y, log(a))),
  ],
  simplify: ({ inputs: [a, b], outputs: [y] }) => {
    if (!sameShape(a.shape, y.shape)) return undefined;
    const exponent = scalarValue(b);
    if (exponent === 1) return a;
    if (exponent === 2) return mul(a, a);
    if (exponent === 0.5) return sqrt(a);
  },
  examples: [
    ...broadcastExamples.map((example) => ({ ...example, domain: [0.5, 2] as const })),
    { shapes: [[2, 3], []], values: { 1: [2] }, domain: [0.5, 2] as const },
  ],
});
