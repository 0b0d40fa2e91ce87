/** The reverse walk itself: linearity, sums, shared parts, broadcasting, several outputs, declared absences. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { gradient, sumToShape } from "../../../src/autodiff/gradient.ts";
import { elementCount } from "../../../src/base/nd_array.ts";
import { input } from "../../../src/graph/sources.ts";
import { type Tensor, typeText } from "../../../src/graph/tensor.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import * as op from "../../../kernels/ops/mod.ts";
import { ndArrayOf, randomArray, relativeDifference } from "../../laws/op_case.ts";
import { broadcastPairs, broadcastPlace } from "../graph/build.ts";

const x = input("x", [2, 3]);
const total = (y: Tensor) => op.reduceSum(y, y.shape.map((_, axis) => axis));

/** Functions of x that keep its shape, to be put together at random. */
const steps: readonly ((a: Tensor) => Tensor)[] = [
  op.tanh,
  op.sigmoid,
  op.sin,
  op.neg,
  (a) => op.mul(a, x),
  (a) => op.add(a, op.mul(a, 0.5)),
  (a) => op.softmax(a),
  (a) => op.sub(a, op.reduceMean(a, [1], true)),
  (a) => op.matMul(a, op.matMul(a, a, { transA: true })),
  (a) => op.concat([...op.split(a, [1, 2], 1)].reverse(), 1),
];
const functions = fc.array(fc.integer({ min: 0, max: steps.length - 1 }), { maxLength: 5 })
  .map((picked) => picked.reduce((a, i) => steps[i](a), x as Tensor));
const sampled = { numRuns: 25, seed: 20 };

Deno.test("the gradient is linear in its seed", async () => {
  await fc.assert(
    fc.asyncProperty(functions, async (y) => {
      const [s, t] = [input("s", [2, 3]), input("t", [2, 3])];
      const seed = op.sub(op.mul(s, 2), op.mul(t, 3));
      const [together] = gradient(y, [x], seed);
      const [first] = gradient(y, [x], s);
      const [second] = gradient(y, [x], t);
      const apart = op.sub(op.mul(first, 2), op.mul(second, 3));
      const feeds = Object.fromEntries(["x", "s", "t"].map((name) => [name, randomArray(x, name)]));
      const found = await evaluate({ together, apart }, feeds);
      assert.ok(relativeDifference(found.together, found.apart) < 1e-5);
    }),
    sampled,
  );
});

Deno.test("the gradient of a sum is the sum of the gradients", async () => {
  await fc.assert(
    fc.asyncProperty(functions, functions, async (f, g) => {
      const [together] = gradient(total(op.add(f, g)), [x]);
      const apart = op.add(gradient(total(f), [x])[0], gradient(total(g), [x])[0]);
      const found = await evaluate({ together, apart }, { x: randomArray(x, "x") });
      assert.ok(relativeDifference(found.together, found.apart) < 1e-5);
    }),
    sampled,
  );
});

Deno.test("broadcasting is undone: a part's gradient is summed over its copies", async () => {
  await fc.assert(
    fc.asyncProperty(broadcastPairs, async ({ full, part }) => {
      const [a, b] = [input("a", part), input("b", full)];
      const [slope] = gradient(total(op.mul(a, b)), [a]);
      assert.equal(typeText(slope), typeText(a));
      const feeds = { a: randomArray(a, "a"), b: randomArray(b, "b") };
      const expected = new Array(elementCount(part)).fill(0);
      Array.from(feeds.b.data, Number).forEach((value, flat) => {
        expected[broadcastPlace(flat, full, part)] += value;
      });
      const { slope: found } = await evaluate({ slope }, feeds);
      assert.ok(relativeDifference(ndArrayOf("float32", part, expected), found) < 1e-5);
    }),
    { numRuns: 40, seed: 21 },
  );
});

/** The values of d total(y) / dx. */
async function slopeOf(y: Tensor): Promise<number[]> {
  const [slope] = gradient(total(y), [x]);
  const { slope: found } = await evaluate({ slope }, {
    x: ndArrayOf("float32", [2, 3], [-2, -1, 0, 1, 2, 3]),
  });
  return Array.from(found.data, Number);
}

Deno.test("a tensor that is used twice receives both cotangents", async () => {
  const shared = op.mul(x, x);
  assert.deepEqual(await slopeOf(op.add(shared, op.mul(shared, x))), [8, 1, 0, 5, 16, 33]);
});

Deno.test("an output of a split that nothing uses counts as zero", async () => {
  const [, middle] = op.split(x, [1, 1, 1], 1);
  assert.deepEqual(await slopeOf(op.mul(middle, 2)), [0, 2, 0, 0, 2, 0]);
});

Deno.test("nothing flows through a cast to integers", async () => {
  const steep = op.mul(op.cast(op.cast(x, "int64"), "float32"), 100);
  assert.deepEqual(await slopeOf(op.add(steep, x)), [1, 1, 1, 1, 1, 1]);
});

Deno.test("at a tie the first of two takes the gradient, at a bound clip lets it pass", async () => {
  assert.deepEqual(await slopeOf(op.max(x, 0)), [0, 0, 1, 1, 1, 1]);
  assert.deepEqual(await slopeOf(op.min(0, x)), [1, 1, 0, 0, 0, 0]);
  assert.deepEqual(await slopeOf(op.clip(x, -1, 2)), [0, 1, 1, 1, 1, 0]);
  assert.deepEqual(await slopeOf(op.relu(x)), [0, 0, 0, 1, 1, 1]);
});

Deno.test("equal maxima share the gradient", async () => {
  // The second row is 1, 1, 1; of these only the first still is x.
  const third = Math.fround(1 / 3);
  assert.deepEqual(await slopeOf(op.reduceMax(op.min(x, 1), [1])), [0, 0, 1, third, 0, 0]);
});

Deno.test("a second derivative is a gradient of a gradient", async () => {
  const cube = op.mul(op.mul(x, x), x);
  const [first] = gradient(total(cube), [x]);
  assert.deepEqual(await slopeOf(first), [-12, -6, 0, 6, 12, 18]);
});

Deno.test("a tensor within the graph may be a parameter, and so may the loss", async () => {
  const inner = op.mul(x, 2);
  const loss = total(op.mul(inner, inner));
  const [slope, one] = gradient(loss, [inner, loss]);
  const found = await evaluate({ slope, one }, {
    x: ndArrayOf("float32", [2, 3], [1, 0, 0, 0, 0, 0]),
  });
  assert.deepEqual([...found.slope.data], [4, 0, 0, 0, 0, 0]);
  assert.deepEqual([...found.one.data], [1]);
});

Deno.test("a parameter without a path to the loss is an error, not a zero", () => {
  const y = input("y", [2, 3]);
  assert.throws(() => gradient(total(x), [y]), /y has no path to the loss/);
  assert.throws(() => gradient(total(op.floor(x)), [x]), /x has no path to the loss/);
});

Deno.test("a loss has one element", () => {
  assert.throws(() => gradient(x, [x]), /the loss must have one element, not float32\[2, 3\]/);
});

Deno.test("a composite op must be decomposed first", () => {
  const [scale, bias] = [input("scale", [3]), input("bias", [3])];
  const y = op.layerNormalization(x, scale, bias);
  assert.throws(() => gradient(total(y), [x]), /LayerNormalization has no gradient: lower or/);
});

Deno.test("a cotangent is summed to its target's shape, or passed on as it is", () => {
  assert.equal(sumToShape(x, x), x);
  assert.equal(typeText(sumToShape(x, input("b", [3]))), "float32[3]");
  assert.equal(typeText(sumToShape(x, input("b", [2, 1]))), "float32[2, 1]");
  assert.equal(typeText(sumToShape(x, input("b", []))), "float32[]");
});
