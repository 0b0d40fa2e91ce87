/** Layers that do in fewer passes what two others do one after the other: equal values and equal gradients. */
import assert from "node:assert/strict";
import { gradient } from "../../../src/autodiff/gradient.ts";
import { elementCount, float32, type NdArray } from "../../../src/base/nd_array.ts";
import { normals, randomKey } from "../../../src/base/random.ts";
import { input } from "../../../src/graph/sources.ts";
import type { Shape, Tensor } from "../../../src/graph/tensor.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import {
  conv2d,
  convBesidePlanes,
  createScope,
  groupNorm,
  modulate,
  type Scope,
} from "../../../kernels/layers/mod.ts";
import { lowerings, type LoweringTarget } from "../../../kernels/lowering/mod.ts";
import { concat, expand, mul, reduceSum, reshape } from "../../../kernels/ops/mod.ts";
import { inputsByName } from "../../laws/inputs.ts";

type Build = (scope: Scope, inputs: Readonly<Record<string, Tensor>>) => Tensor;

const random = (name: string, shape: Shape) =>
  float32(shape, normals(randomKey(8, name), 0, elementCount(shape)));

/** The value and the gradients of a random combination of it, for random inputs and parameters. */
async function valuesOf(build: Build, shapes: Readonly<Record<string, Shape>>, to: LoweringTarget) {
  const scope = createScope();
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]),
  );
  const y = build(scope, inputs);
  const loss = reduceSum(mul(y, input("probe", y.shape)), y.shape.map((_, axis) => axis));
  const { lower, tidy } = lowerings[to];
  const lowered = lower([y, loss]);
  const named = inputsByName(lowered);
  const declared = scope.collected.parameters.map(({ name, shape }) => [name, shape] as const);
  const leaves = [...Object.entries(shapes), ...declared];
  const gradients = gradient(lowered[1], leaves.map(([name]) => named.get(name)!));
  const outputs = tidy([lowered[0], ...gradients]);
  const names = ["y", ...leaves.map(([name]) => `d ${name}`)];
  return await evaluate(
    Object.fromEntries(outputs.map((output, i) => [names[i], output])),
    Object.fromEntries(
      [...leaves, ["probe", y.shape] as const].map(([name, shape]) => [name, random(name, shape)]),
    ),
  );
}

function same(found: Record<string, NdArray>, expected: Record<string, NdArray>) {
  assert.deepEqual(Object.keys(found), Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    assert.deepEqual(found[name].shape, shape, name);
    data.forEach((value, i) => {
      const difference = Math.abs(Number(found[name].data[i]) - Number(value));
      assert.ok(difference < 1e-4 * Math.max(1, Math.abs(Number(value))), `${name} ${i}`);
    });
  }
}

for (const target of Object.keys(lowerings) as LoweringTarget[]) {
  Deno.test(`a modulated group norm is one after the other, lowering ${target}`, async () => {
    const shapes = { x: [2, 6, 5, 4], gamma: [2, 6], beta: [2, 6] };
    const apart: Build = (scope, { x, ...modulation }) =>
      modulate(groupNorm(scope, x, { groups: 3 }), modulation as never);
    const together: Build = (scope, { x, ...modulation }) =>
      groupNorm(scope, x, { groups: 3, modulation: modulation as never });
    same(await valuesOf(together, shapes, target), await valuesOf(apart, shapes, target));
  });

  for (const options of [{ kernel: 4, stride: 2, padding: 1 }, { kernel: 3 }]) {
    Deno.test(`planes need not be made, kernel ${options.kernel}, lowering ${target}`, async () => {
      const shapes = { x: [3, 2, 7, 6], condition: [3, 4] };
      const made: Build = (scope, { x, condition }) => {
        const planes = expand(reshape(condition, [3, 4, 1, 1]), [3, 4, 7, 6]);
        return conv2d(scope, concat([x, planes], 1), 5, options);
      };
      const thought: Build = (scope, { x, condition }) =>
        convBesidePlanes(scope, x, condition, 5, options);
      same(await valuesOf(thought, shapes, target), await valuesOf(made, shapes, target));
    });
  }
}
