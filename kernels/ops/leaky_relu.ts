/** LeakyRelu: y = a where a > 0, alpha a elsewhere. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { greater } from "./greater.ts";
import { inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { where } from "./where.ts";

type LeakyReluAttrs = { readonly alpha: number };

/** Elementwise rectifier with a slope of `alpha` (default 0.01) below 0. */
export const leakyRelu: CallableOp<[a: Tensor, alpha?: number], LeakyReluAttrs> = defineOp({
  type: "LeakyRelu",
  bind: (a: Tensor, alpha = 0.01) => ({ inputs: [a], attrs: { alpha } }),
  infer: inferFloat("LeakyRelu"),
  // da = dy where a > 0, alpha dy elsewhere
  vjp: [({ ct, a, attrs: { alpha } }) => where(greater(a, 0), ct, mul(ct, alpha))],
  emit: ({ attrs: { alpha } }) => ({ attrs: { alpha: { float: alpha } } }),
  examples: [
    { shapes: [[2, 3]], attrs: { alpha: 0.01 }, domain: [0.2, 1] },
    { shapes: [[2, 3]], attrs: { alpha: 0.2 }, domain: [-1, -0.2] },
  ],
});
