/** Walks: order, rewriting, what depends on what; also in graphs deeper than the call stack. */
import assert from "node:assert/strict";
import { float32 } from "../../../src/base/nd_array.ts";
import { input, scalar } from "../../../src/graph/sources.ts";
import { substitute } from "../../../src/graph/substitute.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { dependants, rewriteGraph, topologicalOrder } from "../../../src/graph/walk.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import { add, exp, loop, mul, neg, split } from "../../../kernels/ops/mod.ts";

const x = input("x", [2]);
const y = input("y", [2]);

Deno.test("the order has every needed node once, inputs before users", () => {
  const shared = mul(x, y);
  const order = topologicalOrder([add(exp(shared), neg(shared)), shared]);
  assert.deepEqual(order.map((node) => node.op.type), [
    "Input",
    "Input",
    "Mul",
    "Exp",
    "Neg",
    "Add",
  ]);
  for (const [i, node] of order.entries()) {
    assert.ok(node.inputs.every((operand) => order.indexOf(operand.node) < i));
  }
});

Deno.test("a chain of 50,000 nodes is walked without recursion", () => {
  let chain: Tensor = x;
  for (let i = 0; i < 50_000; i++) chain = neg(chain);
  assert.equal(topologicalOrder([chain]).length, 50_001);
  const [same] = rewriteGraph([chain], () => undefined);
  assert.equal(same, chain);
});

Deno.test("rewriting replaces nodes, rebuilds what used them and shares the rest", () => {
  const kept = exp(y);
  const sum = add(neg(x), kept);
  const [rewritten] = rewriteGraph([sum], (node, [a]) => node.op === neg ? [exp(a)] : undefined);
  assert.equal(rewritten.node.op, add);
  assert.equal(rewritten.node.inputs[0].node.op, exp);
  assert.equal(rewritten.node.inputs[0].node.inputs[0], x);
  assert.equal(rewritten.node.inputs[1], kept);
});

Deno.test("rewriting keeps the ports of a node with several outputs", () => {
  const [first, second] = split(neg(x), [1, 1], 0);
  const outputs = rewriteGraph([second, first], (node, [a]) => node.op === neg ? [a] : undefined);
  assert.deepEqual(outputs.map((tensor) => tensor.port), [1, 0]);
  assert.equal(outputs[0].node, outputs[1].node);
  assert.equal(outputs[0].node.inputs[0], x);
});

Deno.test("dependants are the sources and everything computed from them", () => {
  const [fromX, fromY] = [exp(x), exp(y)];
  const both = add(fromX, fromY);
  const found = dependants([both], [x]);
  assert.deepEqual(found, new Set([x.node, fromX.node, both.node]));
});

Deno.test("substituting puts tensors in the place of named inputs and checks their type", () => {
  const [replaced] = substitute([mul(x, y)], new Map([["x", exp(y)]]));
  assert.equal(replaced.node.inputs[0].node.op, exp);
  assert.equal(replaced.node.inputs[1], y);
  const wrong = new Map([["x", input("z", [3])]]);
  assert.throws(() => substitute([mul(x, y)], wrong), /input x is float32\[2\], not float32\[3\]/);
});

/** A loop of three rounds whose body adds the outer `y` to a state that starts at `start`. */
function adding(start: Tensor): Tensor {
  const [iteration, condition] = [input("iteration", [], "int64"), input("condition", [], "bool")];
  const state = input("state", [2]);
  const outputs = [condition, add(state, exp(y))];
  return loop(scalar(3, "int64"), [start], { inputs: [iteration, condition, state], outputs })[0];
}

Deno.test("bodies are rewritten with what is around them, except for their own inputs", async () => {
  const z = input("z", [2]);
  const replaced = substitute([adding(x)], new Map([["y", mul(z, 2)], ["state", z]]));
  const feeds = { x: float32([2], [1, 2]), z: float32([2], [0, 0.5]) };
  const { sum } = await evaluate({ sum: replaced[0] }, feeds);
  assert.deepEqual([...sum.data].map((v) => Number(v).toFixed(4)), [
    "4.0000",
    (2 + 3 * Math.E).toFixed(4),
  ]);
  const whole = adding(x);
  assert.equal(rewriteGraph([whole], () => undefined)[0], whole);
});

Deno.test("a loop depends on what its body uses", () => {
  const whole = adding(x);
  assert.ok(dependants([whole], [y]).has(whole.node));
  assert.ok(!dependants([whole], [input("other", [2])]).has(whole.node));
});

Deno.test("a loop in a loop computes with values of both and of what is around", async () => {
  const [i, c] = [input("i", [], "int64"), input("c", [], "bool")];
  const state = input("outer", [2]);
  // Only the inner loop uses the outer one's state.
  const inner = adding(state);
  const outer = loop(scalar(2, "int64"), [x], { inputs: [i, c, state], outputs: [c, inner] })[0];
  const feeds = { x: float32([2], [1, 2]), y: float32([2], [0, 0]) };
  const { sum } = await evaluate({ sum: outer }, feeds);
  assert.deepEqual([...sum.data], [7, 8]);
});
