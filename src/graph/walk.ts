/** Walks over graphs: topological order, and the one way in which a graph is rewritten. */
import { inputName } from "./sources.ts";
import { applyAll, type Body, type Node, type Tensor } from "./tensor.ts";

/** All nodes that the outputs need, inputs before users; in order of first need. */
export function topologicalOrder(outputs: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  const stack: Node[] = outputs.map((output) => output.node).reverse();
  while (stack.length) {
    const node = stack[stack.length - 1];
    if (state.get(node) === "done") {
      stack.pop();
    } else if (state.get(node) === "open") {
      state.set(node, "done");
      order.push(node);
      stack.pop();
    } else {
      state.set(node, "open");
      for (let i = node.inputs.length - 1; i >= 0; i--) {
        const source = node.inputs[i].node;
        if (!state.has(source)) stack.push(source);
      }
    }
  }
  return order;
}

/** What becomes of a node whose inputs have been rewritten already; undefined keeps it (with the new inputs). */
export type Rewrite = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/** Rebuilds the graph below `outputs`, every node through `rewrite`, inputs first. Untouched parts are shared. */
export function rewriteGraph(outputs: readonly Tensor[], rewrite: Rewrite): Tensor[] {
  const made = new Map<Node, readonly Tensor[]>();
  const image = (tensor: Tensor) => made.get(tensor.node)![tensor.port];
  for (const node of topologicalOrder(outputs)) {
    const inputs = node.inputs.map(image);
    const replaced = rewrite(node, inputs);
    const untouched = inputs.every((input, i) => input === node.inputs[i]);
    made.set(node, replaced ?? (untouched ? node.outputs : applyAll(node.op, inputs, node.attrs)));
  }
  return outputs.map(image);
}

/** Nodes that depend on any of the given tensors. */
export function dependants(outputs: readonly Tensor[], sources: readonly Tensor[]): Set<Node> {
  const roots = new Set(sources.map((source) => source.node));
  const found = new Set<Node>();
  for (const node of topologicalOrder(outputs)) {
    if (roots.has(node) || node.inputs.some((input) => found.has(input.node))) found.add(node);
  }
  return found;
}

/** The subgraphs among a node's attributes. */
function bodiesOf({ attrs }: Node): Body[] {
  const isBody = (value: unknown): value is Body =>
    typeof value === "object" && value !== null && "inputs" in value && "outputs" in value;
  return Object.values(attrs).filter(isBody);
}

/** The named inputs below `outputs`, also those that only a body uses; not the inputs of bodies themselves. */
export function freeInputs(outputs: readonly Tensor[]): Tensor[] {
  return topologicalOrder(outputs).flatMap((node) => [
    ...(inputName(node.outputs[0]) === undefined ? [] : [node.outputs[0]]),
    ...bodiesOf(node).flatMap((body) =>
      freeInputs(body.outputs).filter((tensor) => !body.inputs.includes(tensor))
    ),
  ]);
}
