/** Elu: y = a where a > 0, alpha (e^a - 1) elsewhere. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add } from "./add.ts";
import { greater } from "./greater.ts";
import { inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { where } from "./where.ts";

type EluAttrs = { readonly alpha: number };

/** Elementwise exponential linear unit (Clevert et al., 2015); alpha is 1 by default. */
export const elu: CallableOp<[a: Tensor, alpha?: number], EluAttrs> = defineOp({
  type: "Elu",
  bind: (a: Tensor, alpha = 1) => ({ inputs: [a], attrs: { alpha } }),
  infer: inferFloat("Elu"),
  // da = dy where a > 0, dy (y + alpha) elsewhere
  vjp: [({ ct, a, y, attrs: { alpha } }) => where(greater(a, 0), ct, mul(ct, add(y, alpha)))],
  emit: ({ attrs: { alpha } }) => ({ attrs: { alpha: { float: alpha } } }),
  examples: [
    { shapes: [[2, 3]], attrs: { alpha: 1 }, domain: [0.2, 1] },
    { shapes: [[2, 3]], attrs: { alpha: 0.7 }, domain: [-2, -0.2] },
  ],
});
