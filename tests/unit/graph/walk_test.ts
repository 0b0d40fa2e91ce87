/** Walks: order, rewriting, what depends on what; also in graphs deeper than the call stack. */
import assert from "node:assert/strict";
import { input } from "../../../src/graph/sources.ts";
import { substitute } from "../../../src/graph/substitute.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { dependants, rewriteGraph, topologicalOrder } from "../../../src/graph/walk.ts";
import { add, exp, mul, neg, split } from "../../../kernels/ops/mod.ts";

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
