/** Gradient checkpointing as a rewriting: the same values, and backward holds on to nothing inside a block. */
import assert from "node:assert/strict";
import { gradient } from "../../../src/autodiff/gradient.ts";
import { type Differentiated, recomputeBlocks } from "../../../src/autodiff/recompute.ts";
import { input } from "../../../src/graph/sources.ts";
import type { Body, Node, Tensor } from "../../../src/graph/tensor.ts";
import { topologicalOrder } from "../../../src/graph/walk.ts";
import { buildModel } from "../../../src/onnx/model.ts";
import { ModelProto } from "../../../src/onnx/schema.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import * as op from "../../../kernels/ops/mod.ts";
import { randomArray } from "../../laws/op_case.ts";

const x = input("x", [4, 3]);
const side = input("side", [4, 3]);
const weights = ["w0", "w1", "w2"].map((name) => input(name, [3, 3]));

/** Three blocks; the second also sees the first one's input again, and `shift` serves all of them. */
function network(mark: (value: Tensor) => Tensor): Differentiated {
  const shift = op.exp(side);
  const block = (h: Tensor, w: Tensor) => op.add(op.sigmoid(op.matMul(op.tanh(h), w)), shift);
  const first = mark(block(x, weights[0]));
  const second = mark(op.mul(block(first, weights[1]), op.sin(x)));
  const third = mark(block(second, weights[2]));
  const loss = op.reduceMean(op.mul(third, op.cos(first)), [0, 1]);
  return { loss, gradients: gradient(loss, weights), others: [op.reduceSum(first, [0, 1])] };
}

const kept = network((value) => value);
const rewritten = recomputeBlocks(network(op.checkpoint), [x, side]);

function named({ loss, gradients, others }: Differentiated) {
  const entries = [loss, ...gradients, ...others].map((tensor, i) => [`y${i}`, tensor] as const);
  return Object.fromEntries(entries);
}

const bodyOf = (node: Node) => node.attrs.body as Body;

/** The loops in the order of the walk, which is that of the backward walk. */
function loops({ gradients }: Differentiated): Node[] {
  return topologicalOrder(gradients).filter((node) => node.op === op.loop);
}

Deno.test("all values are the same bits", async () => {
  const feeds = Object.fromEntries(
    [x, side, ...weights].map((tensor, i) => [
      tensor.node.attrs.name,
      randomArray(tensor, `recompute ${i}`),
    ]),
  );
  const expected = await evaluate(named(kept), feeds);
  const found = await evaluate(named(rewritten), feeds);
  assert.deepEqual(found, expected);
});

Deno.test("there is a loop for each block, and no mark is left", () => {
  assert.equal(loops(rewritten).length, 3);
  const outputs = [rewritten.loss, ...rewritten.gradients, ...rewritten.others];
  const inside = loops(rewritten).flatMap((node) => bodyOf(node).outputs);
  const left = topologicalOrder([...outputs, ...inside]).filter((node) =>
    node.op === op.checkpoint
  );
  assert.deepEqual(left, []);
});

Deno.test("backward takes nothing from inside a block, neither in a loop nor beside it", () => {
  const forward = new Set(topologicalOrder([rewritten.loss]));
  // tanh, matMul and sigmoid are what blocks make on their way.
  const inner = new Set(
    [...forward].filter(({ op: { type } }) => ["Tanh", "MatMul", "Sigmoid"].includes(type)),
  );
  assert.equal(inner.size, 9);
  const bodies = loops(rewritten).flatMap((node) => bodyOf(node).outputs);
  const backward = topologicalOrder([...rewritten.gradients, ...bodies]);
  for (const node of backward) {
    if (forward.has(node)) continue;
    assert.ok(node.inputs.every((source) => !inner.has(source.node)), `${node.op.type} holds one`);
  }
});

Deno.test("without marks everything stays", () => {
  const { gradients } = recomputeBlocks(kept, [x, side]);
  assert.deepEqual(gradients, kept.gradients);
});

Deno.test("the model states the shape of what is held back, so that ONNX Runtime can work in place", () => {
  const iteration = input("iteration", [1], "int64");
  const model = buildModel({ y: op.exp(op.heldBack(x, iteration)) });
  const { graph } = ModelProto.toObject(ModelProto.decode(model));
  assert.equal(graph.valueInfo.length, 1);
  const held = graph.node.find(({ opType }: { opType: string }) => opType === "Reshape");
  assert.equal(graph.valueInfo[0].name, held.output[0]);
  const { dim } = graph.valueInfo[0].type.tensorType.shape;
  assert.deepEqual(dim.map(({ dimValue }: { dimValue: unknown }) => Number(dimValue)), [4, 3]);
});
