/** LogSoftmax: the logarithm of Softmax, exact for large differences. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { exp } from "./exp.ts";
import { inferAlongAxis } from "./infer.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce_sum.ts";
import { sub } from "./sub.ts";

type LogSoftmaxAttrs = { readonly axis: number };

/** a - log(sum(e^a)) along `axis` (the last one by default). */
export const logSoftmax: CallableOp<[a: Tensor, axis?: number], LogSoftmaxAttrs> = defineOp({
  type: "LogSoftmax",
  bind: (a: Tensor, axis = -1) => ({ inputs: [a], attrs: { axis } }),
  infer: inferAlongAxis("LogSoftmax"),
  // da = dy - e^y sum(dy)
  vjp: [({ ct, y, attrs: { axis } }) => sub(ct, mul(exp(y), reduceSum(ct, [axis], true)))],
  examples: [
    { shapes: [[2, 3]], attrs: { axis: -1 } },
    { shapes: [[2, 3, 2]], attrs: { axis: 1 } },
  ],
});
