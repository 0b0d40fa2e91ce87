/** Clip: a held between two bounds. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { ndArray, typedArray } from "../../src/base/nd_array.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { equal } from "./equal.ts";
import { inferUnary } from "./infer.ts";
import { where } from "./where.ts";

type ClipAttrs = { readonly low?: number; readonly high?: number };

/** min(max(a, low), high), elementwise; a bound that is undefined does not bind. */
export const clip: CallableOp<[a: Tensor, low?: number, high?: number], ClipAttrs> = defineOp({
  type: "Clip",
  bind: (a: Tensor, low?: number, high?: number) => ({
    inputs: [a],
    attrs: { low, high } as ClipAttrs,
  }),
  infer: ([a], { low, high }) => {
    if (low !== undefined && high !== undefined && !(low <= high)) {
      throw new Error(`Clip: the bounds ${low} and ${high} leave no room`);
    }
    return inferUnary([a]);
  },
  // da = dy where a was left as it is, the bounds included
  vjp: [({ ct, a, y }) => where(equal(a, y), ct, 0)],
  emit: ({ inputs: [{ dtype }], attrs: { low, high } }) => {
    const bound = (value: number | undefined) => {
      if (value === undefined) return null;
      const data = typedArray(dtype, 1);
      data[0] = (typeof data[0] === "bigint" ? BigInt(value) : value) as never;
      return ndArray(dtype, [], data);
    };
    return { operands: [0, bound(low), bound(high)] };
  },
  examples: [
    { shapes: [[2, 3]], attrs: { low: -1, high: 1 }, values: { 0: [-3, -0.5, 0, 0.5, 1.5, 9] } },
    { shapes: [[3]], attrs: { low: 0 }, values: { 0: [-3, 0.5, 9] } },
    { shapes: [[3]], attrs: { high: 1 }, values: { 0: [-3, 0.5, 9] } },
  ],
});
