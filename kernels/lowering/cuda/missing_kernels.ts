/** Finds the nodes of a graph that the CUDA provider would leave to the CPU, each with copies over the bus. */
import type { Body, Node, Tensor } from "../../../src/graph/tensor.ts";
import { topologicalOrder } from "../../../src/graph/walk.ts";
import { cudaKernels } from "./kernel_table.ts";

/**
 * What has no kernel, as `BitShift of uint64` with the number of nodes, bodies of loops included. Named inputs and
 * constants are not nodes of the model.
 */
export function missingCudaKernels(outputs: readonly Tensor[]): Map<string, number> {
  const missing = new Map<string, number>();
  for (const node of topologicalOrder(outputs)) {
    for (const body of bodiesOf(node)) {
      for (const [what, count] of missingCudaKernels(body.outputs)) {
        missing.set(what, (missing.get(what) ?? 0) + count);
      }
    }
    if (node.inputs.length === 0) continue;
    const { type, domain } = node.op.emit?.(node) ?? {};
    const home = domain ?? node.op.domain;
    const operator = `${home ? `${home}.` : ""}${type ?? node.op.type}`;
    const kernel = cudaKernels.get(operator);
    const { dtype } = node.inputs[kernel?.operand ?? 0];
    if (kernel?.types.includes(dtype)) continue;
    const what = `${operator} of ${dtype}`;
    missing.set(what, (missing.get(what) ?? 0) + 1);
  }
  return missing;
}

function bodiesOf({ attrs }: Node): Body[] {
  return Object.values(attrs).filter((value): value is Body =>
    typeof value === "object" && value !== null && "inputs" in value && "outputs" in value
  );
}
