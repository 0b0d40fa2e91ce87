/** Transpose: y[i_perm[0], i_perm[1], ...] = a[i_0, i_1, ...]. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import type { Tensor } from "../../src/graph/tensor.ts";

/** Permutes axes: axis i of the result is axis `perm[i]` of the operand. */
export const transpose: CallableOp<
  [a: Tensor, perm: readonly number[]],
  { perm: readonly number[] }
> = defineOp({
  type: "Transpose",
  bind: (a: Tensor, perm: readonly number[]) => ({ inputs: [a], attrs: { perm } }),
  infer: ([a], { perm }) => {
    if (
      [...perm].sort((i, j) => i - j).some((axis, i) => axis !== i) ||
      perm.length !== a.shape.length
    ) {
      throw new Error(`Transpose: [${perm}] is no permutation of ${a.shape.length} axes`);
    }
    return { dtype: a.dtype, shape: perm.map((axis) => a.shape[axis]) };
  },
  // da = dy with the axes put back
  vjp: [({ ct, attrs: { perm } }) => transpose(ct, inversePermutation(perm))],
  simplify: ({ inputs: [a], attrs: { perm } }) => {
    if (perm.every((axis, i) => axis === i)) return a;
    if (a.node.op === transpose) {
      const inner = a.node.attrs.perm as readonly number[];
      const both = perm.map((axis) => inner[axis]);
      const source = a.node.inputs[0];
      return both.every((axis, i) => axis === i) ? source : transpose(source, both);
    }
  },
  examples: [
    { shapes: [[2, 3]], attrs: { perm: [1, 0] } },
    { shapes: [[2, 3, 4, 5]], attrs: { perm: [2, 3, 0, 1] } },
  ],
});

/** The permutation that undoes `perm`. */
function inversePermutation(perm: readonly number[]): number[] {
  return perm.map((_, i) => perm.indexOf(i));
}
