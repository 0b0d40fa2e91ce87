/** QuickGelu: y = a sigmoid(alpha a); with alpha = 1 it is SiLU (com.microsoft). */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add } from "./add.ts";
import { inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { sub } from "./sub.ts";

type QuickGeluAttrs = { readonly alpha: number };

/** a sigmoid(alpha a), elementwise in one kernel; alpha is 1 (SiLU) by default. float32 alone on CPU. */
export const quickGelu: CallableOp<[a: Tensor, alpha?: number], QuickGeluAttrs> = defineOp({
  type: "QuickGelu",
  domain: "com.microsoft",
  bind: (a: Tensor, alpha = 1) => ({ inputs: [a], attrs: { alpha } }),
  infer: inferFloat("QuickGelu"),
  // da = dy (s + alpha (y - y s)), s = sigmoid(alpha a): recomputed, which is cheaper than to keep it
  vjp: [({ ct, a, y, attrs: { alpha } }) => {
    const s = sigmoid(alpha === 1 ? a : mul(a, alpha));
    const slope = sub(y, mul(y, s));
    return mul(ct, add(s, alpha === 1 ? slope : mul(slope, alpha)));
  }],
  emit: ({ attrs: { alpha } }) => ({ attrs: { alpha: { float: alpha } } }),
  examples: [
    { shapes: [[2, 3]], attrs: { alpha: 1 }, domain: [-4, 4] },
    { shapes: [[2, 3]], attrs: { alpha: 1.702 }, domain: [-2, 2] },
  ],
});
