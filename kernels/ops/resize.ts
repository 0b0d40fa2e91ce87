/** Resize: images enlarged by whole factors, every element repeated as a block (nearest neighbour). */
import { float32 } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { shapeText } from "../../src/graph/shape.ts";
import type { Tensor, Type } from "../../src/graph/tensor.ts";
import { reduceSum } from "./reduce_sum.ts";
import { reshape } from "./reshape.ts";
import { type PerAxis, perAxis } from "./windows.ts";

type ResizeAttrs = { readonly scales: readonly number[] };

/** Repeats every element of x [N, C, ...spatial] along each spatial axis: one factor for all, or one per axis. */
export const resize: CallableOp<[x: Tensor, scales: PerAxis], ResizeAttrs> = defineOp({
  type: "Resize",
  bind: (x: Tensor, scales: PerAxis) => ({
    inputs: [x],
    attrs: { scales: perAxis(scales, x.shape.length - 2) },
  }),
  infer: ([{ dtype, shape }]: readonly Type[], { scales }) => {
    if (scales.length !== shape.length - 2 || scales.some((s) => !Number.isInteger(s) || s < 1)) {
      throw new Error(`Resize of ${shapeText(shape)} by [${scales}]: one integer per spatial axis`);
    }
    return { dtype, shape: shape.map((extent, i) => extent * (scales[i - 2] ?? 1)) };
  },
  // da = dy summed over each block: [.., h s, ..] seen as [.., h, s, ..]
  vjp: [({ ct, a, attrs: { scales } }) => {
    const [batch, channels, ...extents] = a.shape;
    const blocks = extents.flatMap((extent, i) => [extent, scales[i]]);
    const inner = scales.map((_, i) => 2 * i + 3);
    return reduceSum(reshape(ct, [batch, channels, ...blocks]), inner);
  }],
  emit: ({ attrs: { scales } }) => ({
    operands: [0, null, float32([scales.length + 2], [1, 1, ...scales])],
    attrs: {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    },
  }),
  simplify: ({ inputs: [x], attrs: { scales } }) => scales.every((s) => s === 1) ? x : undefined,
  examples: [
    { shapes: [[2, 3, 2, 3]], attrs: { scales: [2, 2] } },
    { shapes: [[1, 2, 3, 2]], attrs: { scales: [3, 1] } },
    { shapes: [[1, 2, 3]], attrs: { scales: [2] } },
  ],
});
