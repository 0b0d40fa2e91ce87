/** Softmax: exponentials along an axis, divided by their sum. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { inferAlongAxis } from "./infer.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce_sum.ts";
import { sub } from "./sub.ts";

type SoftmaxAttrs = { readonly axis: number };

/** e^a / sum(e^a) along `axis` (the last one by default). */
export const softmax: CallableOp<[a: Tensor, axis?: number], SoftmaxAttrs> = defineOp({
  type: "Softmax",
  bind: (a: Tensor, axis = -1) => ({ inputs: [a], attrs: { axis } }),
  infer: inferAlongAxis("Softmax"),
  // da = y (dy - sum(dy y))
  vjp: [({ ct, y, attrs: { axis } }) => mul(y, sub(ct, reduceSum(mul(ct, y), [axis], true)))],
  examples: [
    { shapes: [[2, 3]], attrs: { axis: -1 } },
    { shapes: [[2, 3, 2]], attrs: { axis: 1 } },
  ],
});
