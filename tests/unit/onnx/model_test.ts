/** The ONNX writer: what is written once, what is hoisted out of a loop, and that ONNX Runtime reads it. */
import assert from "node:assert/strict";
import { float32, int64 } from "../../../src/base/nd_array.ts";
import { constant, filled, input, scalar } from "../../../src/graph/sources.ts";
import { buildModel, type Outputs } from "../../../src/onnx/model.ts";
import { type GraphMessage, ModelProto } from "../../../src/onnx/schema.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import { add, exp, loop, matMul, mul, reshape, split } from "../../../kernels/ops/mod.ts";

function graphOf(outputs: Outputs): GraphMessage {
  const message = ModelProto.decode(buildModel(outputs)) as unknown as { graph: GraphMessage };
  return message.graph;
}

const types = (graph: GraphMessage) => graph.node.map((node) => node.opType);

Deno.test("equal nodes and equal constants are written once", () => {
  const x = input("x", [2, 2]);
  const graph = graphOf({ y: add(exp(mul(x, 2)), exp(mul(x, 2))) });
  assert.deepEqual(types(graph), ["Mul", "Exp", "Add"]);
  assert.equal(graph.initializer.length, 1);
});

Deno.test("an output bears its name without a copy, an input or a twin that is one too is copied", () => {
  const x = input("x", [2]);
  const y = exp(x);
  const graph = graphOf({ y, again: y, same: x });
  assert.deepEqual(types(graph), ["Exp", "Identity", "Identity"]);
  assert.deepEqual(graph.output.map((output) => output.name), ["y", "again", "same"]);
});

Deno.test("two tensors of one name are one input", async () => {
  const y = add(input("x", [1]), input("x", [1]));
  assert.equal(graphOf({ y }).input.length, 1);
  const result = await evaluate({ y }, { x: float32([1], [3]) });
  assert.deepEqual([...result.y.data], [6]);
});

Deno.test("an operand of 0 elements rank and transposed factors are read as they are meant", async () => {
  const a = input("a", [3, 2]);
  const y = matMul(a, constant(float32([3, 1], [1, 10, 100])), { transA: true });
  const { sum } = await evaluate({ sum: mul(y, scalar(2)) }, {
    a: float32([3, 2], [1, 2, 3, 4, 5, 6]),
  });
  assert.deepEqual([...sum.data], [2 * 531, 2 * 642]);
});

/** x -> x * w + exp(w), k times; exp(w) needs no value of the loop. */
function geometric() {
  const w = input("w", [1]);
  const iteration = input("iteration", [], "int64");
  const again = input("again", [], "bool");
  const x = input("inside", [1]);
  const next = add(mul(x, w), exp(w));
  const body = { inputs: [iteration, again, x], outputs: [again, next, next] };
  const [last, all] = loop(constant(int64([], [3])), [input("x", [1])], body, 3);
  return { last, all };
}

Deno.test("what a body computes from outer values alone is written outside", () => {
  const graph = graphOf(geometric());
  const body = graph.node.find((node) => node.opType === "Loop")!.attribute[0].g!;
  assert.ok(types(graph).includes("Exp"));
  assert.ok(!types(body).includes("Exp"));
});

Deno.test("a loop carries and collects", async () => {
  const result = await evaluate(geometric(), {
    x: float32([1], [1]),
    w: float32([1], [0]),
  });
  assert.deepEqual([...result.all.data], [1, 1, 1]);
  const other = await evaluate(geometric(), { x: float32([1], [1]), w: float32([1], [1]) });
  assert.ok(Math.abs(Number(other.last.data[0]) - (1 + 3 * Math.E)) < 1e-5);
});

Deno.test("a constant that only a body uses lies in the body", () => {
  const iteration = input("iteration", [], "int64");
  const again = input("again", [], "bool");
  const x = input("inside", [4, 4]);
  const body = { inputs: [iteration, again, x], outputs: [again, matMul(x, filled([4, 4], 1))] };
  const [y] = loop(constant(int64([], [2])), [input("x", [4, 4])], body);
  const graph = graphOf({ y });
  const inner = graph.node.find((node) => node.opType === "Loop")!.attribute[0].g!;
  assert.equal(inner.initializer.length, 1);
  assert.ok(!graph.initializer.some(({ dims }) => Number(dims[0]) === 4));
});

Deno.test("outputs of a node with several keep their order", async () => {
  const [a, b] = split(input("x", [3]), [1, 2], 0);
  const result = await evaluate({ b, a: reshape(a, [1, 1]) }, { x: float32([3], [1, 2, 3]) });
  assert.deepEqual([...result.b.data], [2, 3]);
  assert.deepEqual(result.a.shape, [1, 1]);
});
