/** Simplification: each op's own rule fires where it should, not where it must not, and keeps the value. */
import assert from "node:assert/strict";
import { float32 } from "../../../src/base/nd_array.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import { constant, filled, input } from "../../../src/graph/sources.ts";
import type { Op, Tensor } from "../../../src/graph/tensor.ts";
import { typeText } from "../../../src/graph/tensor.ts";
import { topologicalOrder } from "../../../src/graph/walk.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import * as op from "../../../kernels/ops/mod.ts";
import { ops } from "../../../kernels/ops/table.ts";
import { randomArray, relativeDifference } from "../../laws/op_case.ts";

const x = input("x", [2, 3]);

/** Graphs of x, and what is left of them: the operators after simplification, in order. */
const cases: readonly (readonly [op: Op, graph: Tensor, left: readonly string[]])[] = [
  [op.identity, op.identity(x), []],
  [op.cast, op.cast(x, "float32"), []],
  [op.cast, op.cast(x, "float64"), ["Cast"]],
  [op.add, op.add(x, 0), []],
  [op.add, op.add(0, x), []],
  [op.add, op.add(x, 1), ["Constant", "Add"]],
  [op.add, op.add(x, filled([4, 2, 3], 0)), ["Constant", "Add"]],
  [op.sub, op.sub(x, 0), []],
  [op.sub, op.sub(0, x), ["Constant", "Sub"]],
  [op.mul, op.mul(x, 1), []],
  [op.mul, op.mul(1, x), []],
  [op.mul, op.mul(x, 0), ["Constant", "Mul"]],
  [op.div, op.div(x, 1), []],
  [op.div, op.div(1, x), ["Constant", "Div"]],
  [op.neg, op.neg(op.neg(x)), []],
  [op.neg, op.neg(op.neg(op.neg(x))), ["Neg"]],
  [op.pow, op.pow(x, 1), []],
  [op.pow, op.pow(x, 2), ["Mul"]],
  [op.pow, op.pow(op.abs(x), 0.5), ["Abs", "Sqrt"]],
  [op.pow, op.pow(x, 3), ["Constant", "Pow"]],
  [op.reshape, op.reshape(x, [2, 3]), []],
  [op.reshape, op.reshape(op.reshape(x, [6]), [3, 2]), ["Reshape"]],
  [op.reshape, op.reshape(op.reshape(x, [6]), [2, 3]), []],
  [op.reshape, op.add(x, op.reshape(constant(float32([3], [1, 2, 3])), [1, 3])), [
    "Constant",
    "Add",
  ]],
  [op.transpose, op.transpose(x, [0, 1]), []],
  [op.transpose, op.transpose(op.transpose(x, [1, 0]), [1, 0]), []],
  [op.transpose, op.transpose(op.transpose(op.reshape(x, [1, 2, 3]), [1, 2, 0]), [1, 0, 2]), [
    "Reshape",
    "Transpose",
  ]],
  [op.expand, op.expand(x, [2, 3]), []],
  [op.expand, op.expand(x, [1, 2, 3]), ["Expand"]],
  [op.concat, op.concat([x], 0), []],
  [op.slice, op.slice(x, [0, 0], [2, 3]), []],
  [op.slice, op.slice(x, [1], [2]), ["Slice"]],
  [op.slice, op.slice(x, [-1], [-Infinity], [1], [-1]), ["Slice"]],
  [op.pad, op.pad(x, [0, 0, 0, 0]), []],
  [op.resize, op.resize(op.reshape(x, [1, 1, 2, 3]), 1), ["Reshape"]],
  [op.reduceSum, op.reduceSum(x, []), []],
  [op.reduceMean, op.reduceMean(x, []), []],
  [op.reduceMax, op.reduceMax(x, []), []],
];

Deno.test("every op that simplifies has a case here", () => {
  const missing = ops.filter((each) => each.simplify && !cases.some(([op]) => op === each));
  assert.deepEqual(missing.map((each) => each.type), []);
});

for (const [i, [{ type }, graph, left]] of cases.entries()) {
  Deno.test(`simplify ${i}: ${type} leaves ${left.join(", ") || "nothing"}`, async () => {
    const [simple] = simplify([graph]);
    assert.equal(typeText(simple), typeText(graph));
    const types = topologicalOrder([simple]).map((node) => node.op.type);
    assert.deepEqual(types.filter((name) => name !== "Input"), left);
    const values = await evaluate({ graph, simple }, { x: randomArray(x, "simplify") });
    assert.ok(relativeDifference(values.graph, values.simple) < 1e-6);
  });
}

Deno.test("simplify applies rules from outside, and the ops' own to what they give", () => {
  const [found] = simplify(
    [op.exp(x)],
    [({ op: { type }, inputs: [a] }) => type === "Exp" ? op.neg(op.neg(op.tanh(a))) : undefined],
  );
  assert.equal(found.node.op, op.tanh);
});
