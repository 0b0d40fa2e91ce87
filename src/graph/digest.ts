/** The digest of a symbolic graph: what a stage's key contains instead of its source code. */
import { type Digest, digestBytes, digestOf, type Json } from "../base/canonical.ts";
import { bytesOf } from "../base/nd_array.ts";
import type { Body, Node, Tensor } from "./tensor.ts";
import { topologicalOrder } from "./walk.ts";

/**
 * Digest of the graph that computes the named outputs: operators, attributes, constants, wiring, and the names
 * and types of inputs; not the order in which independent nodes were made.
 */
export function graphDigest(outputs: Readonly<Record<string, Tensor>>): Digest {
  const names = Object.keys(outputs).sort();
  return digestOf("graph", describeGraph(names.map((name) => outputs[name]), names));
}

/** Nodes are numbered in the order of a walk from the outputs, which depends on the wiring alone. */
function describeGraph(outputs: readonly Tensor[], names: readonly string[]): Json {
  const order = topologicalOrder(outputs);
  const numbers = new Map<Node, number>(order.map((node, i) => [node, i]));
  const wire = (tensor: Tensor) => [numbers.get(tensor.node)!, tensor.port];
  const nodes = order.map((node) => [
    node.op.domain ?? "",
    node.op.type,
    describeAttrs(node.attrs),
    node.inputs.map(wire),
    node.outputs.map(({ dtype, shape }) => [dtype, shape]),
  ]);
  return { nodes, outputs: outputs.map(wire), names } as unknown as Json;
}

function describeAttrs(attrs: Readonly<Record<string, unknown>>): Json {
  return Object.fromEntries(
    Object.entries(attrs).map(([name, value]) => [name, describeAttr(value)]),
  );
}

function describeAttr(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value as Json;
  if ("data" in value) {
    const array = value as Parameters<typeof bytesOf>[0];
    return { dtype: array.dtype, shape: array.shape, sha256: digestBytes(bytesOf(array)) };
  }
  const { inputs, outputs } = value as Body;
  return describeGraph([...outputs, ...inputs], []);
}
