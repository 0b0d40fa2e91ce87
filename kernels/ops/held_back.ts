/** HeldBack: y = a, but not before another tensor is there; a Reshape whose shape is computed from it. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { int64 } from "../../src/base/nd_array.ts";
import { constant } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add } from "./add.ts";

/**
 * `a` as soon as `zero` is known, an int64 tensor [1] that will be 0. So what is known outside of a body can be made
 * part of it: nodes that depend on no input of a body are written outside. Reshape shares its operand's memory:
 * nothing is copied.
 */
export const heldBack: CallableOp<[a: Tensor, zero: Tensor]> = defineOp({
  type: "HeldBack",
  bind: (a: Tensor, zero: Tensor) => ({
    inputs: [a, add(constant(int64([a.shape.length], a.shape)), zero)],
  }),
  infer: ([a]) => ({ dtype: a.dtype, shape: a.shape }),
  // da = dy
  vjp: [({ ct }) => ct, "none"],
  // The model states the shape, which ONNX Runtime could not infer; it works in place only where it knows sizes.
  emit: () => ({ type: "Reshape", typed: true }),
  examples: [{ shapes: [[2, 3], [2]], dtypes: ["float32", "int64"], values: { 1: [2, 3] } }],
});
