/**
 * Lowers a symbolic graph for CUDA: images stay [N, C, H, W], convolutions are cuDNN's, and what has a kernel of
 * the CUDA provider is written with it. Runs before differentiation. Not yet measured on a GPU: see
 * docs/performance.md for what was decided by reasoning alone.
 */
import type { Node, Op, Tensor } from "../../../src/graph/tensor.ts";
import { rewriteGraph } from "../../../src/graph/walk.ts";
import { conv } from "../../ops/conv.ts";
import { groupNormalization } from "../../ops/group_normalization.ts";
import { layerNormalization } from "../../ops/layer_normalization.ts";
import { lowerPlain } from "../plain.ts";
import { lowerConv } from "./conv.ts";
import { lowerGroupNorm, lowerLayerNorm } from "./normalize.ts";

type CudaRule = (node: Node, inputs: readonly Tensor[]) => Tensor | undefined;

const rules: ReadonlyMap<Op, CudaRule> = new Map<Op, CudaRule>([
  [conv, lowerConv],
  [groupNormalization, lowerGroupNorm],
  [layerNormalization, lowerLayerNorm],
]);

/** An equal graph for CUDA. Outputs keep their shapes. */
export function lowerForCuda(outputs: readonly Tensor[]): Tensor[] {
  const lowered = rewriteGraph(outputs, (node, inputs) => {
    const tensor = rules.get(node.op)?.(node, inputs);
    return tensor && [tensor];
  });
  // What has no rule here is written in simpler ops, as in the reference.
  return lowerPlain(lowered);
}
