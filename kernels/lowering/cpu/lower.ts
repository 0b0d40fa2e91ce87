/**
 * Lowers a symbolic graph for the CPU: images go into the blocked layout where a rule knows them there, and
 * everything else stays as it is. Runs before differentiation, so that gradients take the same fast paths.
 */
import { applyAll, type Node, type Op, type Tensor } from "../../../src/graph/tensor.ts";
import { rewriteGraph, topologicalOrder } from "../../../src/graph/walk.ts";
import type { Precision } from "./bilinear.ts";
import { lowerConcat } from "./concat.ts";
import { lowerExpand } from "./constant_planes.ts";
import { lowerConv } from "./conv.ts";
import { lowerConvTranspose } from "./conv_transpose.ts";
import { elementwiseRules } from "./elementwise.ts";
import { lowerGroupNorm } from "./group_norm.ts";
import { lowerLayerNorm } from "./layer_norm.ts";
import { lowerAveragePool, lowerMaxPool } from "./pooling.ts";
import { reductionRules } from "./reduce.ts";
import { lowerResize } from "./resize.ts";
import { type Lowered, type LoweringRule, plainOf } from "./value.ts";
import { averagePool } from "../../ops/average_pool.ts";
import { concat } from "../../ops/concat.ts";
import { conv } from "../../ops/conv.ts";
import { convTranspose } from "../../ops/conv_transpose.ts";
import { expand } from "../../ops/expand.ts";
import { groupNormalization } from "../../ops/group_normalization.ts";
import { layerNormalization } from "../../ops/layer_normalization.ts";
import { maxPool } from "../../ops/max_pool.ts";
import { resize } from "../../ops/resize.ts";

function rulesFor(precision: Precision): ReadonlyMap<Op, LoweringRule> {
  return new Map<Op, LoweringRule>([
    ...elementwiseRules,
    [expand, lowerExpand],
    [concat, lowerConcat],
    [conv, (node, inputs) => lowerConv(node, inputs, precision)],
    [convTranspose, (node, inputs) => lowerConvTranspose(node, inputs, precision)],
    [resize, lowerResize],
    [groupNormalization, lowerGroupNorm],
    [layerNormalization, lowerLayerNorm],
    ...reductionRules,
    [averagePool, lowerAveragePool],
    [maxPool, lowerMaxPool],
  ]);
}

/** An equal graph of primitive ops that is fast on CPU. Outputs keep their shapes and layouts. */
export function lowerForCpu(outputs: readonly Tensor[], precision: Precision): Tensor[] {
  const rules = rulesFor(precision);
  // Composite ops without a rule of their own are written in simpler ones first.
  const simple = rewriteGraph(outputs, ({ op, attrs }, inputs) => {
    if (!op.decompose || rules.has(op)) return undefined;
    const parts = op.decompose(inputs, attrs);
    return Array.isArray(parts) ? parts : [parts];
  });
  const lowered = new Map<Tensor, Lowered>();
  const valueOf = (tensor: Tensor) => lowered.get(tensor)!;
  for (const node of topologicalOrder(simple)) {
    const inputs = node.inputs.map(valueOf);
    const value = rules.get(node.op)?.(node, inputs);
    if (value) lowered.set(node.outputs[0], value);
    else keep(node, inputs).forEach((plain, i) => lowered.set(node.outputs[i], { plain }));
  }
  return simple.map((tensor) => plainOf(valueOf(tensor)));
}

/** The node in its own layout; a composite one that its rule declined is decomposed. */
function keep(node: Node, inputs: readonly Lowered[]): readonly Tensor[] {
  if (node.inputs.length === 0) return node.outputs;
  const plain = inputs.map(plainOf);
  if (node.op.decompose) {
    const parts = node.op.decompose(plain, node.attrs);
    return Array.isArray(parts) ? parts : [parts as Tensor];
  }
  return applyAll(node.op, plain, node.attrs);
}
