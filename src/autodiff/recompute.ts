/**
 * Gradient checkpointing as a rewriting of a differentiated graph (Chen et al. 2016, arXiv:1604.06174): what lies
 * between two `checkpoint` marks is computed again in the backward walk instead of being kept from the forward one.
 *
 *     forward    x ---> block 1 ---> mark 1 ---> block 2 ---> mark 2 ---> head, loss
 *     backward   head's gradients, then block 2 once more from mark 1 and its gradients, then block 1 ...
 *
 * Each block of the backward walk, with its copy of the forward one, is the body of a Loop of one round. Three
 * things need that. The writer of models writes equal nodes once, but not across the border of a body. ONNX Runtime
 * would compute the gradients of weights last and keep all copies for them; a Loop is done as a whole. And it gives
 * the memory of a dead tensor to the next one of the same shape, which keeps it in the meantime: copies are of the
 * originals' shapes, so all of forward's memory waited for them. A body has a plan of its own.
 *
 * The copies are the same operators on the same numbers, so all results are the same bits.
 */
import { constantValue, input, scalar } from "../graph/sources.ts";
import { applyAll, type Node, type Tensor } from "../graph/tensor.ts";
import { dependants, rewriteGraph, topologicalOrder } from "../graph/walk.ts";
import { checkpoint } from "../../kernels/ops/checkpoint.ts";
import { heldBack } from "../../kernels/ops/held_back.ts";
import { loop } from "../../kernels/ops/loop.ts";
import { reshape } from "../../kernels/ops/reshape.ts";

/** A differentiated graph. */
export interface Differentiated {
  readonly loss: Tensor;
  readonly gradients: readonly Tensor[];
  /** Outputs beside them: of the forward graph alone. */
  readonly others: readonly Tensor[];
}

/**
 * The same outputs, without marks, with the blocks between them computed again. `varying` are the inputs that
 * differ from step to step: what depends on parameters alone (transformed filters) is kept.
 */
export function recomputeBlocks(
  { loss, gradients, others }: Differentiated,
  varying: readonly Tensor[],
): Differentiated {
  const forward = new Set(topologicalOrder([loss, ...others]));
  const changing = dependants([loss], varying);
  const blocks = blocksOf(loss, changing);
  const backward = topologicalOrder(gradients).filter((node) => !forward.has(node));
  const rewritten = rewriteBackward({ forward, changing, blocks, backward }, gradients);
  const [newLoss, ...rest] = withoutMarks([loss, ...rewritten, ...others]);
  return {
    loss: newLoss,
    gradients: rest.slice(0, gradients.length),
    others: rest.slice(gradients.length),
  };
}

/**
 * The block of every node that is computed again, by the number of the mark at the block's end. A node that serves
 * two blocks, or what follows the last mark, is kept: it is in no block.
 */
function blocksOf(loss: Tensor, changing: ReadonlySet<Node>): ReadonlyMap<Node, number> {
  const order = topologicalOrder([loss]);
  const marks = new Map(order.filter(isMark).map((node, i) => [node, i]));
  const SHARED = -1;
  const users = new Map<Node, number>([[loss.node, SHARED]]);
  for (const node of order.toReversed()) {
    const block = marks.get(node) ?? users.get(node)!;
    for (const { node: source } of node.inputs) {
      const known = users.get(source);
      users.set(source, known === undefined || known === block ? block : SHARED);
    }
  }
  const inBlock = ([node, block]: [Node, number]) =>
    block !== SHARED && changing.has(node) && !isMark(node) && node.inputs.length > 0;
  return new Map([...users].filter(inBlock));
}

interface Walk {
  readonly forward: ReadonlySet<Node>;
  /** Nodes that differ from step to step. */
  readonly changing: ReadonlySet<Node>;
  readonly blocks: ReadonlyMap<Node, number>;
  /** In topological order. */
  readonly backward: readonly Node[];
}

/** The gradients with a Loop for each block, from the last block to the first. */
function rewriteBackward(walk: Walk, gradients: readonly Tensor[]): Tensor[] {
  const stages = backwardStages(walk);
  const leaving = leavingTensors(walk.backward, stages, gradients);
  const made = new Map<Tensor, Tensor>();
  // What is in no block stays as it is: it comes before all blocks.
  for (const stage of [...leaving.keys()].toSorted((a, b) => b - a)) {
    const nodes = walk.backward.filter((node) => stages.get(node) === stage);
    const outputs = [...leaving.get(stage)!];
    const results = stage === Infinity ? outputs : stageLoop(walk, nodes, outputs, made);
    outputs.forEach((tensor, i) => made.set(tensor, results[i]));
  }
  return gradients.map((tensor) => made.get(tensor) ?? tensor);
}

/**
 * When a node of the backward walk can be computed: with the first block (the walk goes from the last one down)
 * that it needs anything of; Infinity for what needs none.
 */
function backwardStages({ blocks, backward, forward }: Walk): ReadonlyMap<Node, number> {
  const stages = new Map<Node, number>();
  for (const node of backward) {
    const needed = node.inputs.map(({ node: source }) =>
      forward.has(source) ? blocks.get(source) ?? Infinity : stages.get(source)!
    );
    stages.set(node, Math.min(Infinity, ...needed));
  }
  return stages;
}

/** By stage, the tensors that later stages or the caller use. */
function leavingTensors(
  backward: readonly Node[],
  stages: ReadonlyMap<Node, number>,
  gradients: readonly Tensor[],
): ReadonlyMap<number, ReadonlySet<Tensor>> {
  const leaving = new Map<number, Set<Tensor>>();
  const note = (tensor: Tensor) => {
    const stage = stages.get(tensor.node);
    if (stage !== undefined) leaving.set(stage, (leaving.get(stage) ?? new Set()).add(tensor));
  };
  for (const node of backward) {
    for (const source of node.inputs) {
      if (stages.get(source.node) !== stages.get(node)) note(source);
    }
  }
  gradients.forEach(note);
  return leaving;
}

/** The nodes of one stage and the copies that they need as a Loop of one round; the values of `outputs`. */
function stageLoop(
  { forward, changing, blocks }: Walk,
  nodes: readonly Node[],
  outputs: readonly Tensor[],
  made: ReadonlyMap<Tensor, Tensor>,
): Tensor[] {
  const iteration = input("iteration", [], "int64");
  const condition = input("condition", [], "bool");
  // The round's number is 0: what is held back by it belongs to the body, although it is not changed.
  const zero = reshape(iteration, [1]);
  const copied = new Map<Node, readonly Tensor[]>();
  const held = new Map<Tensor, Tensor>();
  const copyOf = (tensor: Tensor): Tensor => {
    const { node, port } = tensor;
    if (blocks.has(node)) {
      if (!copied.has(node)) {
        copied.set(node, applyAll(node.op, node.inputs.map(copyOf), node.attrs));
      }
      return copied.get(node)![port];
    }
    if (!changing.has(node) || constantValue(tensor)) return tensor;
    if (!held.has(tensor)) held.set(tensor, heldBack(tensor, zero));
    return held.get(tensor)!;
  };
  const inside = new Map<Node, readonly Tensor[]>();
  const image = (tensor: Tensor) =>
    forward.has(tensor.node)
      ? copyOf(tensor)
      : inside.get(tensor.node)?.[tensor.port] ?? made.get(tensor) ?? tensor;
  for (const node of nodes) {
    inside.set(node, applyAll(node.op, node.inputs.map(image), node.attrs));
  }
  const body = { inputs: [iteration, condition], outputs: [condition, ...outputs.map(image)] };
  const results = loop(scalar(1, "int64"), [], body, 1);
  return outputs.map((tensor, i) => reshape(results[i], tensor.shape));
}

const isMark = ({ op }: Node) => op === checkpoint;

function withoutMarks(outputs: readonly Tensor[]): Tensor[] {
  return rewriteGraph(outputs, (node, inputs) => isMark(node) ? [inputs[0]] : undefined);
}
