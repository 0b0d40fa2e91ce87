/**
 * Rewrites a graph to a cheaper equal one: every op's own `simplify`, applied until nothing changes at a node.
 * Equal nodes are merged when the model is written (`onnx/model.ts`), not here.
 */
import { applyAll, type Node, type Tensor } from "./tensor.ts";
import { rewriteGraph } from "./walk.ts";

/** A rule beside the ops' own, for what concerns one device: a cheaper equal of a node, or undefined. */
export type SimplifyRule = (node: Node) => Tensor | undefined;

/** Simplifies the graph below `outputs`; names of inputs and all values stay as they are. */
export function simplify(
  outputs: readonly Tensor[],
  rules: readonly SimplifyRule[] = [],
): Tensor[] {
  const settle = (tensor: Tensor): Tensor => {
    const { node } = tensor;
    if (node.outputs.length > 1) return tensor;
    const cheaper = node.op.simplify?.(node) ??
      rules.reduce<Tensor | undefined>((found, rule) => found ?? rule(node), undefined);
    return cheaper && cheaper !== tensor ? settle(cheaper) : tensor;
  };
  return rewriteGraph(outputs, (node, inputs) => {
    if (node.outputs.length > 1) return undefined;
    const untouched = inputs.every((input, i) => input === node.inputs[i]);
    const rebuilt = untouched ? node.outputs : applyAll(node.op, inputs, node.attrs);
    return [settle(rebuilt[0])];
  });
}
