/** Cast: the same numbers in another element type. */
import type { DType } from "../../src/base/nd_array.ts";
import { dataType } from "../../src/graph/data_types.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { scalar } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { expand } from "./expand.ts";
import { isFloat } from "./infer.ts";

type CastAttrs = { readonly to: DType };

/** Converts elements; real numbers lose their fraction on the way to integers, everything but 0 is true. */
export const cast: CallableOp<[a: Tensor, to: DType], CastAttrs> = defineOp({
  type: "Cast",
  bind: (a: Tensor, to: DType) => ({ inputs: [a], attrs: { to } }),
  infer: ([a], { to }) => ({ dtype: to, shape: a.shape }),
  // da = dy between real types, 0 through integers
  vjp: [
    ({ ct, a, y }) => isFloat(y.dtype) ? cast(ct, a.dtype) : expand(scalar(0, a.dtype), a.shape),
  ],
  emit: ({ attrs: { to } }) => ({ attrs: { to: dataType[to] } }),
  simplify: ({ inputs: [a], attrs: { to } }) => a.dtype === to ? a : undefined,
  examples: [
    { shapes: [[2, 3]], attrs: { to: "float64" } },
    { shapes: [[3]], attrs: { to: "int64" }, values: { 0: [-1.5, 0.5, 2.25] } },
    { shapes: [[3]], attrs: { to: "float32" }, dtypes: ["uint64"], values: { 0: [0, 7, 2 ** 32] } },
    { shapes: [[3]], attrs: { to: "float32" }, dtypes: ["bool"], values: { 0: [0, 1, 1] } },
    { shapes: [[3]], attrs: { to: "float32" } },
  ],
});
