/**
 * The CPU lowering against the plain one: values and gradients of every convolution scheme and normalisation, at
 * even and odd sizes, one tile and ragged tiles, square and oblong.
 */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray } from "../../src/base/nd_array.ts";
import { normals, randomKey } from "../../src/base/random.ts";
import { gradient } from "../../src/autodiff/gradient.ts";
import { input } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { evaluate } from "../../src/runtime/evaluate.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import {
  add,
  concat,
  conv,
  groupNormalization,
  mul,
  quickGelu,
  reduceSum,
  reshape,
  resize,
  transpose,
} from "../../kernels/ops/mod.ts";

type Inputs = Record<string, Tensor>;
interface Case {
  readonly name: string;
  readonly shapes: Record<string, readonly number[]>;
  build(inputs: Inputs): Tensor;
}

/** A convolution of images [2, C, H, W] that are blocked already, because a pointwise one comes before. */
function convCase(
  name: string,
  [height, width]: readonly [number, number],
  { kernel = 3, stride = 1, inputs = 9, outputs = 10, doubled = false },
): Case {
  return {
    name: `${name} ${height}x${width}`,
    shapes: {
      x: [2, 9, height, width],
      first: [1, 1, 9, inputs],
      w: [kernel, kernel, inputs, outputs],
      bias: [outputs],
    },
    build: ({ x, first, w, bias }) => {
      const h = conv(x, transpose(first, [3, 2, 0, 1]));
      const y = conv(doubled ? resize(h, 2) : h, transpose(w, [3, 2, 0, 1]), {
        strides: [stride, stride],
        pads: Array(4).fill((kernel - 1) / 2),
      });
      return add(y, reshape(bias, [1, outputs, 1, 1]));
    },
  };
}

const sizes = [
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 5],
  [7, 7],
  [8, 8],
  [14, 14],
  [15, 15],
  [16, 16],
  [6, 10],
] as const;
const cases: readonly Case[] = [
  ...sizes.map((size) => convCase("3x3", size, {})),
  ...sizes.map((size) => convCase("3x3 stride 2", size, { stride: 2 })),
  ...sizes.map((size) => convCase("3x3 after upsampling", size, { doubled: true })),
  convCase("1x1", [5, 6], { kernel: 1 }),
  convCase("5x5", [6, 6], { kernel: 5 }),
  convCase("few inputs", [5, 6], { inputs: 3 }),
  convCase("few inputs, stride 2", [5, 6], { inputs: 3, stride: 2 }),
  convCase("few outputs", [5, 6], { outputs: 3 }),
  {
    name: "residual block with a time embedding",
    shapes: {
      x: [3, 12, 6, 6],
      t: [3, 16],
      scale: [16],
      shift: [16],
      w1: [3, 3, 12, 16],
      w2: [3, 3, 16, 16],
      skip: [1, 1, 12, 16],
      bias: [16],
    },
    build: ({ x, t, scale, shift, w1, w2, skip, bias }) => {
      const pads = [1, 1, 1, 1];
      const h = add(conv(x, transpose(w1, [3, 2, 0, 1]), { pads }), reshape(t, [3, 16, 1, 1]));
      const normal = quickGelu(groupNormalization(h, scale, shift, 4));
      const y = conv(normal, transpose(w2, [3, 2, 0, 1]), { pads });
      const straight = conv(x, transpose(skip, [3, 2, 0, 1]));
      const both = concat([add(y, reshape(bias, [1, 16, 1, 1])), add(y, straight)], 1);
      return groupNormalization(both, concat([scale, shift], 0), concat([shift, scale], 0), 8);
    },
  },
];

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
  for (const example of cases) {
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
