/** The printed form of a graph, which golden files and people read. */
import assert from "node:assert/strict";
import { float32 } from "../../../src/base/nd_array.ts";
import { printGraph } from "../../../src/graph/print.ts";
import { constant, input } from "../../../src/graph/sources.ts";
import { add, mul, reduceSum, split } from "../../../kernels/ops/mod.ts";

Deno.test("a graph prints one node a line, with attributes, types and what it returns", () => {
  const x = input("x", [2, 3]);
  const weights = constant(float32([3], [1, 2, 3]));
  const [left, right] = split(mul(x, weights), [1, 1], 0);
  assert.equal(
    printGraph([reduceSum(add(left, right), [1]), left]),
    `%0 = Input(name: "x", dtype: "float32", shape: [2,3]) : float32[2, 3]
%1 = Constant(value: {1 2 3}) : float32[3]
%2 = Mul(%0, %1) : float32[2, 3]
%3, %4 = Split(%2, axis: 0, sizes: [1,1]) : float32[1, 3], float32[1, 3]
%5 = Add(%3, %4) : float32[1, 3]
%6 = ReduceSum(%5, axes: [1], keep: false) : float32[1]
return %6, %3`,
  );
});

Deno.test("long constants print their first values and their number", () => {
  const text = printGraph([constant(float32([6], [1, 2, 3, 4, 5, 6]))]);
  assert.match(text, /\{1 2 3 4 \.\.\. 6 values\}/);
});
