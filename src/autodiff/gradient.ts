/** Reverse-mode differentiation of a symbolic graph: one walk, and the only place where broadcasting is undone. */
import { broadcastAxes } from "../graph/shape.ts";
import { scalar } from "../graph/sources.ts";
import { type Node, type Tensor, typeText, type VjpContext } from "../graph/tensor.ts";
import { dependants, topologicalOrder } from "../graph/walk.ts";
import { add } from "../../kernels/ops/add.ts";
import { reduceSum } from "../../kernels/ops/reduce_sum.ts";
import { reshape } from "../../kernels/ops/reshape.ts";

/**
 * d loss / d w for every w of `parameters`, each of w's shape. A parameter that does not reach the loss is an
 * error: a missing gradient is declared (`vjp: "none"`), never accidental.
 *
 * `seed` is the cotangent of the loss, 1 by default; the loss has one element unless a seed is given.
 */
export function gradient(loss: Tensor, parameters: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (!seed && loss.shape.some((extent) => extent !== 1)) {
    throw new Error(`the loss must have one element, not ${typeText(loss)}`);
  }
  const active = dependants([loss], parameters);
  const cotangents = new Map<Node, (Tensor | undefined)[]>();
  const accumulate = (target: Tensor, cotangent: Tensor) => {
    const slots = cotangents.get(target.node) ?? Array(target.node.outputs.length).fill(undefined);
    const sum = sumToShape(cotangent, target);
    slots[target.port] = slots[target.port] ? add(slots[target.port]!, sum) : sum;
    cotangents.set(target.node, slots);
  };
  accumulate(loss, seed ?? reshape(scalar(1, loss.dtype), loss.shape));
  for (const node of topologicalOrder([loss]).reverse()) {
    const cts = cotangents.get(node);
    if (!cts || !active.has(node)) continue;
    node.inputs.forEach((input, i) => {
      if (!active.has(input.node)) return;
      const cotangent = pullBack(node, cts, i);
      if (cotangent) accumulate(input, cotangent);
    });
  }
  return parameters.map((parameter) => {
    const found = cotangents.get(parameter.node)?.[parameter.port];
    if (!found) throw new Error(`${String(parameter.node.attrs.name)} has no path to the loss`);
    return found;
  });
}

/** The cotangent of one input of a node; undefined where none flows. */
function pullBack(
  node: Node,
  cts: readonly (Tensor | undefined)[],
  index: number,
): Tensor | undefined {
  const { op } = node;
  if (op.vjp === "none") return undefined;
  if (op.vjp === "forbidden") {
    throw new Error(`${op.type} has no gradient: lower or decompose it first`);
  }
  const first = cts.find((ct) => ct !== undefined)!;
  const [a, b] = node.inputs;
  const context: VjpContext = {
    ct: cts[0] ?? first,
    cts,
    inputs: node.inputs,
    outputs: node.outputs,
    a,
    b,
    y: node.outputs[0],
    attrs: node.attrs,
  };
  if (typeof op.vjp === "function") return op.vjp(context, index);
  const rule = op.vjp[index];
  if (rule === undefined) throw new Error(`${op.type} declares no gradient for operand ${index}`);
  return rule === "none" ? undefined : rule(context);
}

/** Sums a cotangent over the axes along which its target was broadcast. */
export function sumToShape(cotangent: Tensor, target: Tensor): Tensor {
  const axes = broadcastAxes(target.shape, cotangent.shape);
  return axes.length === 0 ? cotangent : reshape(reduceSum(cotangent, axes), target.shape);
}
