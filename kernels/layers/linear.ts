/** The linear layer y = x W + b. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, matMul, reshape } from "../ops/mod.ts";
import { fanInUniform } from "./init.ts";
import type { Scope } from "./scope.ts";

/**
 * Applies W [in, out] and b [out] to the last axis: [..., in] to [..., out]. `weight` is PyTorch's transposed,
 * so that no transpose stands in the graph.
 */
export function linear(
  scope: Scope,
  x: Tensor,
  width: number,
  { bias = true }: { readonly bias?: boolean } = {},
): Tensor {
  const lead = x.shape.slice(0, -1), inner = x.shape[x.shape.length - 1];
  const init = fanInUniform(inner);
  const weight = scope.parameter("weight", [inner, width], init);
  const flat = x.shape.length === 2 ? x : reshape(x, [product(lead), inner]);
  const y = matMul(flat, weight);
  const shifted = bias ? add(y, scope.parameter("bias", [width], init)) : y;
  return x.shape.length === 2 ? shifted : reshape(shifted, [...lead, width]);
}

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
