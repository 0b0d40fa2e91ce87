/** Pad: a tensor with more elements on its sides: a constant, the mirrored tensor, or its edge. */
import { int64, typedArray } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { shapeText } from "../../src/graph/shape.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add } from "./add.ts";
import { reduceSum } from "./reduce_sum.ts";
import { slice } from "./slice.ts";

export type PadMode = "constant" | "reflect" | "edge";
type PadAttrs = {
  readonly pads: readonly number[];
  readonly mode: PadMode;
  readonly value: number;
};

/**
 * `pads` holds the elements before each axis, then those after each axis, all axes included (ONNX's order).
 * "constant" adds `value` (default 0), and crops where a number is negative; "reflect" mirrors without repeating
 * the edge; "edge" repeats the edge.
 */
export const pad: CallableOp<
  [a: Tensor, pads: readonly number[], mode?: PadMode, value?: number],
  PadAttrs
> = defineOp({
  type: "Pad",
  bind: (a: Tensor, pads: readonly number[], mode: PadMode = "constant", value = 0) => ({
    inputs: [a],
    attrs: { pads, mode, value },
  }),
  infer: ([{ dtype, shape }], { pads, mode }) => {
    const rank = shape.length;
    if (pads.length !== 2 * rank || pads.some((side) => !Number.isInteger(side))) {
      throw new Error(`Pad: pads must be ${2 * rank} integers, not [${pads}]`);
    }
    if (mode !== "constant" && pads.some((side) => side < 0)) {
      throw new Error(`Pad: only constant padding crops, not ${mode} by [${pads}]`);
    }
    if (mode === "reflect" && pads.some((side, i) => side >= shape[i % rank])) {
      throw new Error(`Pad: ${shapeText(shape)} is too small to be mirrored by [${pads}]`);
    }
    const padded = shape.map((extent, i) => extent + pads[i] + pads[i + rank]);
    if (padded.some((extent) => extent < 1)) {
      throw new Error(`Pad: nothing is left of ${shapeText(shape)} after [${pads}]`);
    }
    return { dtype, shape: padded };
  },
  // da = dy without the added sides, plus what the sides copied
  vjp: [({ ct, a, attrs: { pads, mode } }) => {
    if (mode === "constant") return pad(ct, pads.map((side) => -side));
    return a.shape.reduce(
      (sum, extent, axis) => fold(sum, axis, extent, pads[axis], mode),
      ct,
    );
  }],
  emit: ({ inputs: [a], attrs: { pads, mode, value } }) => {
    const data = typedArray(a.dtype, 1);
    data[0] = (typeof data[0] === "bigint" ? BigInt(value) : value) as never;
    const fill = { dtype: a.dtype, shape: [], data };
    return { operands: [0, int64([pads.length], pads), fill], attrs: { mode } };
  },
  simplify: ({ inputs: [a], attrs: { pads } }) => pads.every((side) => side === 0) ? a : undefined,
  examples: [
    { shapes: [[2, 3]], attrs: { pads: [0, 1, 2, 0], mode: "constant", value: 0 } },
    { shapes: [[2, 3]], attrs: { pads: [1, 0, 0, 1], mode: "constant", value: 0.5 } },
    { shapes: [[4, 3]], attrs: { pads: [-1, 1, 2, -2], mode: "constant", value: 0 } },
    { shapes: [[1, 4, 5]], attrs: { pads: [0, 2, 1, 0, 3, 4], mode: "reflect", value: 0 } },
    { shapes: [[1, 4, 5]], attrs: { pads: [0, 2, 0, 0, 3, 1], mode: "edge", value: 0 } },
  ],
});

/** Undoes the padding of one axis: the middle, plus the two sides added to the elements they copied. */
function fold(ct: Tensor, axis: number, extent: number, before: number, mode: PadMode): Tensor {
  const after = ct.shape[axis] - extent - before;
  const part = (start: number, end: number) => slice(ct, [start], [end], [axis]);
  const middle = before + after === 0 ? ct : part(before, before + extent);
  const sides: Tensor[] = [];
  if (before > 0) sides.push(land(part(0, before), axis, extent, mode, "before"));
  if (after > 0) {
    sides.push(land(part(before + extent, ct.shape[axis]), axis, extent, mode, "after"));
  }
  return sides.reduce((sum, side) => add(sum, side), middle);
}

/** Puts the cotangent of one added side where its elements came from, on an axis of `extent` zeros. */
function land(
  side: Tensor,
  axis: number,
  extent: number,
  mode: PadMode,
  where: "before" | "after",
): Tensor {
  const reflect = mode === "reflect";
  const source = reflect
    ? slice(side, [side.shape[axis] - 1], [-Infinity], [axis], [-1])
    : reduceSum(side, [axis], true);
  const edge = reflect ? 1 : 0;
  const rest = extent - edge - source.shape[axis];
  const rank = side.shape.length;
  const pads: number[] = Array(2 * rank).fill(0);
  pads[axis] = where === "before" ? edge : rest;
  pads[axis + rank] = where === "before" ? rest : edge;
  return pad(source, pads);
}
