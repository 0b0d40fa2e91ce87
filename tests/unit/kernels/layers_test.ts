/** Layers against PyTorch (tests/fixtures/kernels.py): values and the norms of all gradients. */
import assert from "node:assert/strict";
import { gradient } from "../../../src/autodiff/gradient.ts";
import type { NdArray } from "../../../src/base/nd_array.ts";
import { constant, input } from "../../../src/graph/sources.ts";
import type { Shape, Tensor } from "../../../src/graph/tensor.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import {
  activate,
  activationNames,
  attention,
  batchNorm,
  conv2d,
  convTranspose2d,
  createScope,
  dropout,
  film,
  groupNorm,
  layerNorm,
  linear,
  type Scope,
  timestepEmbedding,
  upsampleNearest,
} from "../../../kernels/layers/mod.ts";
import { lowerPlain } from "../../../kernels/lowering/plain.ts";
import { mul, reduceSum } from "../../../kernels/ops/mod.ts";
import { array, record } from "../../fixtures/kernels.ts";

/** Builds a layer; `x` makes an input that takes part in the comparison. */
type Build = (scope: Scope, x: (shape: Shape, name?: string) => Tensor) => Tensor;

const cases: Record<string, Build> = {
  "linear": (s, x) => linear(s, x([2, 3, 4]), 5),
  "conv2d strided": (s, x) =>
    conv2d(s, x([2, 4, 7, 7]), 6, { kernel: 3, stride: 2, padding: 1, bias: false }),
  "conv2d dilated in groups": (s, x) =>
    conv2d(s, x([2, 4, 9, 9]), 6, { kernel: 3, groups: 2, dilation: 2, bias: false }),
  "convTranspose2d": (s, x) =>
    convTranspose2d(s, x([2, 4, 5, 5]), 6, { kernel: 4, stride: 2, padding: 1 }),
  "convTranspose2d in groups": (s, x) =>
    convTranspose2d(s, x([2, 4, 5, 5]), 6, {
      kernel: 3,
      groups: 2,
      stride: 2,
      padding: 1,
      outputPadding: 1,
    }),
  "groupNorm": (s, x) => groupNorm(s, x([2, 6, 3, 3]), { groups: 3 }),
  "layerNorm": (s, x) => layerNorm(s, x([2, 3, 4, 4]), { axis: 1 }),
  "batchNorm in training": (s, x) => batchNorm(s, x([4, 3, 2, 2])),
  "batchNorm in use": (s, x) => batchNorm(s, x([4, 3, 2, 2])),
  "silu": (_, x) => activate("silu", x([3, 5])),
  "gelu": (_, x) => activate("gelu", x([3, 5])),
  "upsampleNearest": (_, x) => upsampleNearest(x([2, 3, 2, 2])),
  "attention": (s, x) => attention(s, x([2, 8, 3, 3]), { heads: 2 }),
  "film": (s, x) => film(s, x([2, 3, 4, 4]), x([2, 5], "z"), { hidden: 16 }),
};

/** The layer of a case over named inputs whose values are the fixture's arrays. */
function build(name: string, training: boolean) {
  const leaves = new Map<string, Tensor>();
  const feeds: Record<string, NdArray> = {};
  const leaf = (leafName: string, shape: Shape, scale: number) => {
    const tensor = input(leafName, shape);
    leaves.set(leafName, tensor);
    feeds[leafName] = array(`${name}.${leafName}`, shape, scale);
    return tensor;
  };
  const scope = createScope({
    training,
    resolve: (path, shape) => {
      if (!path.startsWith("running_")) return leaf(path, shape, 0.5);
      const statistic = array(path.replace("running_", ""), shape);
      return constant({
        ...statistic,
        data: path.endsWith("mean") ? statistic.data : statistic.data.map(Math.abs),
      });
    },
  });
  const y = cases[name](scope, (shape, leafName = "x") => leaf(leafName, shape, 1));
  return { y, leaves, feeds, scope };
}

for (const [name, expected] of Object.entries(record.layers)) {
  Deno.test(`${name} and its gradients are PyTorch's`, async () => {
    const { y, leaves, feeds } = build(name, name !== "batchNorm in use");
    const probe = constant(array(`${name}.probe`, y.shape));
    const [loss] = lowerPlain([reduceSum(mul(y, probe), y.shape.map((_, axis) => axis))]);
    const norms: Record<string, number> = expected.gradients;
    assert.deepEqual([...leaves.keys()].sort(), Object.keys(norms).sort());
    const names = Object.keys(norms);
    const gradients = gradient(loss, names.map((leaf) => leaves.get(leaf)!));
    const found: Record<string, NdArray> = await evaluate(
      { loss, ...Object.fromEntries(names.map((leaf, i) => [`d ${leaf}`, gradients[i]])) },
      feeds,
    );
    near(Number(found.loss.data[0]), expected.value, name);
    for (const leaf of names) near(norm(found[`d ${leaf}`]), norms[leaf], `d ${leaf}`);
  });
}

Deno.test("batchNorm keeps running statistics as PyTorch does", async () => {
  const name = "batchNorm in training";
  const scope = createScope({ training: true });
  batchNorm(scope, input("x", [4, 3, 2, 2]));
  const { updates, buffers } = scope.collected;
  const found = await evaluate(
    Object.fromEntries([...updates].map(([buffer, value]) => [`next ${buffer}`, value])),
    {
      x: array(`${name}.x`, [4, 3, 2, 2]),
      running_mean: { dtype: "float32", shape: [3], data: new Float32Array(3) },
      running_variance: { dtype: "float32", shape: [3], data: new Float32Array(3).fill(1) },
    },
  );
  assert.deepEqual(buffers.map((buffer) => buffer.name), ["running_mean", "running_variance"]);
  for (const statistic of ["mean", "variance"] as const) {
    Array.from(found[`next running_${statistic}`].data as Float32Array).forEach((value, i) =>
      near(value, record.runningStatistics[statistic][i], statistic)
    );
  }
});

Deno.test("the timestep embedding is sines, then cosines, of falling frequencies", async () => {
  const timesteps = [0, 1, 500, 999], width = 8;
  const { e } = await evaluate({ e: timestepEmbedding(input("t", [4]), width) }, {
    t: { dtype: "float32", shape: [4], data: Float32Array.from(timesteps) },
  });
  assert.deepEqual(e.shape, [4, 8]);
  timesteps.forEach((t, n) => {
    for (let i = 0; i < 4; i++) {
      const angle = t * 10000 ** (-i / 4);
      // An angle of up to 999 is rounded to float32 before its sine is taken: 3e-5.
      assert.ok(Math.abs(Number(e.data[n * 8 + i]) - Math.sin(angle)) < 1e-4);
      assert.ok(Math.abs(Number(e.data[n * 8 + 4 + i]) - Math.cos(angle)) < 1e-4);
    }
  });
  assert.throws(() => timestepEmbedding(input("t", [4]), 7), /not even/);
});

Deno.test("dropout drops where the uniform number is at most the rate, and only in training", async () => {
  const x = input("x", [2, 3]), u = input("u", [2, 3]);
  const scope = createScope({ training: true, uniform: () => u });
  const { y } = await evaluate({ y: dropout(scope.child("drop"), x, 0.25) }, {
    x: { dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    u: { dtype: "float32", shape: [2, 3], data: Float32Array.of(0.1, 0.25, 0.26, 1, 0.2, 0.9) },
  });
  const expected = [0, 0, 4, 16 / 3, 0, 8];
  expected.forEach((value, i) => assert.ok(Math.abs(Number(y.data[i]) - value) < 1e-5));
  assert.equal(dropout(createScope(), x, 0.25), x);
  assert.equal(dropout(scope.child("drop"), x, 0), x);
  assert.throws(() => dropout(scope, x, 1), /dropout rate 1/);
});

Deno.test("every activation keeps the shape and vanishes or is a half at 0", async () => {
  for (const name of activationNames) {
    const y = activate(name, input("x", [1, 2]));
    assert.deepEqual(y.shape, [1, 2]);
    const found = await evaluate({ y }, {
      x: { dtype: "float32", shape: [1, 2], data: new Float32Array(2) },
    });
    assert.equal(Number(found.y.data[0]), name === "sigmoid" ? 0.5 : 0);
  }
});

Deno.test("layers refuse channels that do not divide", () => {
  const x = input("x", [1, 6, 4, 4]);
  assert.throws(() => conv2d(createScope(), x, 8, { kernel: 3, groups: 4 }), /in 4 groups/);
  assert.throws(
    () => convTranspose2d(createScope(), x, 7, { kernel: 3, groups: 2 }),
    /in 2 groups/,
  );
  assert.throws(() => attention(createScope(), x, { heads: 4 }), /in 4 heads/);
});

function norm({ data }: NdArray): number {
  return Math.hypot(...Array.from(data, Number));
}

function near(found: number, expected: number, what: string) {
  const difference = Math.abs(found - expected) / Math.max(1, Math.abs(expected));
  assert.ok(difference < 2e-5, `${what}: ${found} instead of ${expected}`);
}
