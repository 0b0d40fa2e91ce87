/** GlobalAveragePool: the mean of each channel over all spatial axes. */
import { elementCount } from "../../src/base/nd_array.ts";
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { expand } from "./expand.ts";
import { bindUnary, inferFloat } from "./infer.ts";
import { mul } from "./mul.ts";

/** x [N, C, ...spatial] gives [N, C, 1, ...]. */
export const globalAveragePool: UnaryOp = defineOp({
  type: "GlobalAveragePool",
  bind: bindUnary,
  infer: ([x]) => {
    const { dtype } = inferFloat("GlobalAveragePool")([x]);
    return { dtype, shape: x.shape.map((extent, i) => i < 2 ? extent : 1) };
  },
  // da = dy / n, repeated over the n elements
  vjp: [({ ct, a }) => expand(mul(ct, 1 / elementCount(a.shape.slice(2))), a.shape)],
  examples: [{ shapes: [[2, 3, 4, 5]] }, { shapes: [[1, 2, 7]] }],
});
