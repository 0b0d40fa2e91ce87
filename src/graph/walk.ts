/** Walks over graphs: topological order, and the one way in which a graph is rewritten. */
import { inputName } from "./sources.ts";
import { applyAll, type Body, type Node, type Tensor } from "./tensor.ts";

/** All nodes that the outputs need, inputs before users; in order of first need. Bodies are not entered. */
export function topologicalOrder(outputs: readonly Tensor[]): Node[] {
  return orderBy(outputs, (node) => node.inputs);
}

/** The same with the nodes of bodies, which come before the node that they belong to. */
function orderWithBodies(outputs: readonly Tensor[]): Node[] {
  return orderBy(outputs, (node) => {
    const bodies = bodiesOf(node);
    return bodies.length
      ? [...node.inputs, ...bodies.flatMap((body) => body.outputs)]
      : node.inputs;
  });
}

function orderBy(outputs: readonly Tensor[], needs: (node: Node) => readonly Tensor[]): Node[] {
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
      const sources = needs(node);
      for (let i = sources.length - 1; i >= 0; i--) {
        const source = sources[i].node;
        if (!state.has(source)) stack.push(source);
      }
    }
  }
  return order;
}

/** What becomes of a node whose inputs have been rewritten already; undefined keeps it (with the new inputs). */
export type Rewrite = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/**
 * Rebuilds the graph below `outputs`, every node through `rewrite`, inputs first, also inside bodies (whose own
 * inputs stay). Untouched parts are shared.
 */
export function rewriteGraph(outputs: readonly Tensor[], rewrite: Rewrite): Tensor[] {
  const order = orderWithBodies(outputs);
  const bound = new Set(order.flatMap(bodiesOf).flatMap(({ inputs }) => inputs.map((t) => t.node)));
  const made = new Map<Node, readonly Tensor[]>();
  const image = (tensor: Tensor) => made.get(tensor.node)![tensor.port];
  for (const original of order) {
    const node = bodiesOf(original).length ? withBodies(original, image) : original;
    const inputs = node.inputs.map(image);
    const replaced = bound.has(original) ? undefined : rewrite(node, inputs);
    const untouched = inputs.every((input, i) => input === node.inputs[i]);
    made.set(
      original,
      replaced ?? (untouched ? node.outputs : applyAll(node.op, inputs, node.attrs)),
    );
  }
  return outputs.map(image);
}

/** The node over the images of its bodies; itself where these are the bodies it has. */
function withBodies(node: Node, image: (tensor: Tensor) => Tensor): Node {
  const changed = Object.entries(node.attrs).flatMap(([name, value]): [string, Body][] => {
    if (!isBody(value)) return [];
    const outputs = value.outputs.map(image);
    const same = outputs.every((output, i) => output === value.outputs[i]);
    return same ? [] : [[name, { ...value, outputs }]];
  });
  if (changed.length === 0) return node;
  return applyAll(node.op, node.inputs, { ...node.attrs, ...Object.fromEntries(changed) })[0].node;
}

/** Nodes that depend on any of the given tensors, those of bodies among them. */
export function dependants(outputs: readonly Tensor[], sources: readonly Tensor[]): Set<Node> {
  const found = new Set(sources.map((source) => source.node));
  for (const node of orderWithBodies(outputs)) {
    const needs = [...node.inputs, ...bodiesOf(node).flatMap((body) => body.outputs)];
    if (needs.some((tensor) => found.has(tensor.node))) found.add(node);
  }
  return found;
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && "inputs" in value && "outputs" in value;
}

/** The subgraphs among a node's attributes. */
function bodiesOf({ attrs }: Node): Body[] {
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
