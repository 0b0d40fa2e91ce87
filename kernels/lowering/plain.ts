/** The plain lowering: composite ops in primitive ones, images as [N, C, H, W]. The reference of all others. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { rewriteGraph } from "../../src/graph/walk.ts";

/** An equal graph of ops that have gradients. */
export function lowerPlain(outputs: readonly Tensor[]): Tensor[] {
  let decomposed = false;
  const simpler = rewriteGraph(outputs, ({ op, attrs }, inputs) => {
    if (!op.decompose) return undefined;
    decomposed = true;
    const parts = op.decompose(inputs, attrs);
    return Array.isArray(parts) ? parts : [parts as Tensor];
  });
  // A part may be composite itself.
  return decomposed ? lowerPlain(simpler) : simpler;
}
