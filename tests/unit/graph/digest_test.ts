/** The graph digest: blind to how a graph was built, sensitive to everything that it computes. */
import assert from "node:assert/strict";
import { float32 } from "../../../src/base/nd_array.ts";
import { graphDigest } from "../../../src/graph/digest.ts";
import { constant, input, scalar } from "../../../src/graph/sources.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { add, exp, loop, mul, neg, reduceSum, split } from "../../../kernels/ops/mod.ts";

/** exp(x) + k x, its nodes made in one order or the other. */
function build({ k = 2, name = "x", order = "exp first" }: Record<string, string | number> = {}) {
  const x = input(name as string, [2]);
  const product = () => mul(x, constant(float32([2], [k as number, 1])));
  if (order === "exp first") {
    const power = exp(x);
    return add(power, product());
  }
  const second = product();
  return add(exp(x), second);
}

const digest = (y: Tensor, name = "y") => graphDigest({ [name]: y });

Deno.test("the digest does not depend on the order in which nodes were made", () => {
  assert.equal(digest(build()), digest(build({ order: "product first" })));
});

Deno.test("the digest does not depend on the order in which outputs are named", () => {
  const x = input("x", [2]);
  const [p, q] = [exp(x), neg(x)];
  assert.equal(graphDigest({ p, q }), graphDigest({ q, p }));
});

Deno.test("the digest changes with constants, names, wiring, operators and attributes", () => {
  const x = input("x", [2, 2]);
  const [first, second] = split(x, [1, 1], 0);
  const graphs = [
    digest(build()),
    digest(build({ k: 3 })),
    digest(build({ name: "z" })),
    digest(build(), "other"),
    digest(exp(x)),
    digest(neg(x)),
    digest(exp(input("x", [2, 2], "float64"))),
    digest(exp(input("x", [4, 1]))),
    digest(reduceSum(x, [0])),
    digest(reduceSum(x, [1])),
    digest(first),
    digest(second),
    digest(add(first, second)),
    digest(add(second, first)),
    graphDigest({ p: exp(x), q: neg(x) }),
    graphDigest({ p: neg(x), q: exp(x) }),
  ];
  assert.equal(new Set(graphs).size, graphs.length);
});

Deno.test("the digest sees into the body of a loop", () => {
  const repeat = (factor: number) => {
    const [i, c, s] = [input("i", [], "int64"), input("c", [], "bool"), input("s", [2])];
    const body = { inputs: [i, c, s], outputs: [c, mul(s, factor)] };
    return digest(loop(scalar(3, "int64"), [input("x", [2])], body)[0]);
  };
  assert.equal(repeat(2), repeat(2));
  assert.notEqual(repeat(2), repeat(3));
});
