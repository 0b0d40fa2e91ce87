/**
 * The CPU lowering against the plain one: values and gradients of every convolution scheme and normalisation, at
 * even and odd sizes, one tile and ragged tiles, square and oblong.
 */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray } from "../../src/base/nd_array.ts";
import { normals, randomKey } from "../../src/base/random.ts";
import { gradient } from "../../src/autodiff/gradient.ts";
import { input } from "../../src/graph/sources.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate } from "../../src/runtime/evaluate.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { mul, reduceSum } from "../../kernels/ops/mod.ts";
import { type Case, cases } from "./lowering_cases.ts";
import { layerCases } from "./lowering_layer_cases.ts";

/** Values and gradients of a case under a lowering, for the loss sum (y * direction). */
async function run(
  { shapes, build }: Case,
  target: LoweringTarget,
): Promise<Record<string, NdArray>> {
  const { lower, tidy } = lowerings[target];
  const names = Object.keys(shapes);
  const inputs = Object.fromEntries(names.map((name) => [name, input(name, shapes[name])]));
  const y = build(inputs);
  const direction = input("direction", y.shape);
  const loss = reduceSum(mul(y, direction), y.shape.map((_, axis) => axis));
  const lowered = lower([loss, y]);
  const gradients = gradient(lowered[0], names.map((name) => inputs[name]));
  const [value, ...rest] = tidy([lowered[1], ...gradients]);
  const outputs = Object.fromEntries(names.map((name, i) => [`d${name}`, rest[i]]));
  return await evaluate({ value, ...outputs }, feeds({ ...shapes, direction: y.shape }));
}

function feeds(shapes: Record<string, readonly number[]>): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      float32(shape, normals(randomKey(1, name), 0, elementCount(shape))),
    ]),
  );
}

/** Largest difference relative to the largest value. */
function distance(a: NdArray, b: NdArray): number {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  const largest = x.reduce((max, v) => Math.max(max, Math.abs(v)), 1e-6);
  return x.reduce((max, v, i) => Math.max(max, Math.abs(v - y[i])), 0) / largest;
}

/** Largest allowed difference from the plain lowering; the worst of these cases was measured at a third of it. */
const tolerances = { "cpu-high": 4e-6, cpu: 7e-6, "cpu-fast": 2e-4 } as const;

for (const [target, tolerance] of Object.entries(tolerances)) {
  for (const example of [...cases, ...layerCases]) {
    Deno.test(`lowering ${target} equals the plain one: ${example.name}`, async () => {
      const plain = await run(example, "plain");
      const lowered = await run(example, target as LoweringTarget);
      for (const [name, expected] of Object.entries(plain)) {
        assert.deepEqual(lowered[name].shape, expected.shape);
        const found = distance(expected, lowered[name]);
        assert.ok(found < tolerance, `${name}: ${found}`);
      }
    });
  }
}

/** Cases whose ops have no rule in the blocked layout: windows that overlap. */
const declined = new Set(["max pool that overlaps 7x6"]);

Deno.test("the CPU lowering leaves no image op to ONNX Runtime, forward or backward", () => {
  const kept = new Set(["Conv", "ConvTranspose", "MaxPool", "AveragePool", "Resize"]);
  for (const { name, shapes, build } of [...cases, ...layerCases]) {
    if (declined.has(name)) continue;
    const names = Object.keys(shapes);
    const inputs = Object.fromEntries(names.map((each) => [each, input(each, shapes[each])]));
    const [y] = lowerings.cpu.lower([build(inputs)]);
    const gradients = gradient(y, Object.values(inputs), input("direction", y.shape));
    const graph = topologicalOrder(lowerings.cpu.tidy([y, ...gradients]));
    const found = graph.map(({ op }) => op.type).filter((type) => kept.has(type));
    assert.deepEqual(found, [], name);
  }
});
