/** CumSum: running sums along an axis. */
import { int64 } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { normalizeAxis } from "../../src/graph/shape.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { inferUnary } from "./infer.ts";

type CumSumAttrs = {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
};

/** Sum of the elements up to each one along `axis`; itself left out if `exclusive`, from the end if `reverse`. */
export const cumSum: CallableOp<
  [a: Tensor, axis: number, options?: { exclusive?: boolean; reverse?: boolean }],
  CumSumAttrs
> = defineOp({
  type: "CumSum",
  bind: (a: Tensor, axis: number, options: { exclusive?: boolean; reverse?: boolean } = {}) => {
    const { exclusive = false, reverse = false } = options;
    return { inputs: [a], attrs: { axis, exclusive, reverse } };
  },
  infer: ([a], { axis }) => {
    normalizeAxis(axis, a.shape.length);
    return inferUnary([a]);
  },
  // da = the running sums of dy from the other end
  vjp: [
    ({ ct, attrs: { axis, exclusive, reverse } }) =>
      cumSum(ct, axis, { exclusive, reverse: !reverse }),
  ],
  emit: ({ attrs: { axis, exclusive, reverse } }) => ({
    operands: [0, int64([], [axis])],
    attrs: { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 },
  }),
  examples: [
    { shapes: [[2, 4]], attrs: { axis: 1, exclusive: false, reverse: false } },
    { shapes: [[2, 4]], attrs: { axis: -1, exclusive: true, reverse: true } },
    { shapes: [[3, 2]], attrs: { axis: 0, exclusive: true, reverse: false } },
  ],
});
