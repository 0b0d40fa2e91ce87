/** Scopes: names, clashes, what they collect; and how parameters start. */
import assert from "node:assert/strict";
import { randomKey, uniform } from "../../../src/base/random.ts";
import { input, inputName } from "../../../src/graph/sources.ts";
import {
  createScope,
  fanInUniform,
  initialize,
  linear,
  ones,
} from "../../../kernels/layers/mod.ts";

Deno.test("a scope names parameters by their path and collects them in order", () => {
  const scope = createScope();
  const weight = scope.child("down").child(0).parameter("weight", [2, 3], ones);
  scope.child("up").parameter("bias", [3], ones);
  assert.equal(inputName(weight), "down.0.weight");
  assert.deepEqual(scope.collected.parameters, [
    { name: "down.0.weight", shape: [2, 3], init: ones },
    { name: "up.bias", shape: [3], init: ones },
  ]);
});

Deno.test("a name is declared once, as parameter, buffer or purpose of random numbers", () => {
  const scope = createScope({ uniform: (_, shape) => input("u", shape) });
  scope.parameter("a", [1], ones);
  assert.throws(() => scope.parameter("a", [1], ones), /a is declared twice/);
  assert.throws(() => scope.buffer("a", [1], ones), /a is declared twice/);
  scope.child("drop").uniform([1]);
  assert.throws(() => scope.child("drop").uniform([1]), /declared twice/);
});

Deno.test("an update belongs to a buffer of its scope", () => {
  const scope = createScope().child("norm");
  const mean = scope.buffer("mean", [2], ones);
  scope.update("mean", mean);
  assert.deepEqual([...scope.collected.updates.keys()], ["norm.mean"]);
  assert.throws(() => scope.update("variance", mean), /norm.variance is no buffer/);
});

Deno.test("a tensor of another shape than declared is refused, and so are missing random numbers", () => {
  const wrong = createScope({ resolve: () => input("x", [7]) });
  assert.throws(() => wrong.parameter("a", [2], ones), /a has the shape \[7\] instead of \[2\]/);
  assert.throws(() => createScope().child("drop").uniform([1]), /drop needs random numbers/);
});

Deno.test("initial values follow from seed and name alone", () => {
  const scope = createScope();
  linear(scope.child("first"), input("x", [1, 16]), 8);
  const all = initialize(scope.collected.parameters, 3);
  const alone = initialize(scope.collected.parameters.slice(1), 3);
  assert.deepEqual(all.get("first.bias"), alone.get("first.bias"));
  assert.notDeepEqual(
    all.get("first.bias"),
    initialize(scope.collected.parameters, 4).get("first.bias"),
  );
  const draw = uniform(randomKey(3, "init/first.weight"), 0, 5);
  assert.equal(all.get("first.weight")![5], Math.fround((2 * draw - 1) * 0.25));
});

Deno.test("fan-in initialisation has PyTorch's bound and its variance", () => {
  const values = initialize([{ name: "w", shape: [300, 300], init: fanInUniform(300) }], 1).get(
    "w",
  )!;
  const bound = 1 / Math.sqrt(300);
  assert.ok(values.every((value) => Math.abs(value) <= bound + 1e-9));
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  // Five standard errors of the mean square of 90,000 uniform numbers.
  assert.ok(Math.abs(variance / (bound * bound / 3) - 1) < 0.015);
});
