/** The CUDA lowering, on the CPU provider: its gradients, its arithmetic, and that every node has a CUDA kernel. */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray, ndArray } from "../../../../src/base/nd_array.ts";
import { normals, randomKey } from "../../../../src/base/random.ts";
import { choose } from "../../../../src/base/table.ts";
import { gradient } from "../../../../src/autodiff/gradient.ts";
import { input } from "../../../../src/graph/sources.ts";
import type { Tensor } from "../../../../src/graph/tensor.ts";
import { trainingGraph } from "../../../../src/programs/training.ts";
import { evaluate } from "../../../../src/runtime/evaluate.ts";
import { uniformTensor } from "../../../../kernels/layers/random.ts";
import { missingCudaKernels } from "../../../../kernels/lowering/cuda/missing_kernels.ts";
import { mixedPrecisions } from "../../../../kernels/lowering/half.ts";
import { lowerings, type LoweringTarget } from "../../../../kernels/lowering/mod.ts";
import { losses } from "../../../../kernels/losses/table.ts";
import { models } from "../../../../kernels/models/table.ts";
import {
  bitShift,
  conv,
  groupNormalization,
  layerNormalization,
  mul,
  pad,
  reduceSum,
} from "../../../../kernels/ops/mod.ts";
import type { ConvOptions } from "../../../../kernels/ops/conv.ts";
import { trainerOptions } from "../../programs/small.ts";

type Inputs = Record<string, Tensor>;

/** Values and gradients of a function of named inputs under a lowering, for the loss sum(y * direction). */
async function run(
  shapes: Record<string, readonly number[]>,
  build: (inputs: Inputs) => Tensor,
  target: LoweringTarget,
): Promise<Record<string, NdArray>> {
  const { lower, tidy } = lowerings[target];
  const names = Object.keys(shapes);
  const inputs = Object.fromEntries(names.map((name) => [name, input(name, shapes[name])]));
  const y = build(inputs);
  const direction = input("direction", y.shape);
  const [loss, value] = lower([reduceSum(mul(y, direction), y.shape.map((_, i) => i)), y]);
  const tensors = tidy([value, ...gradient(loss, names.map((name) => inputs[name]))]);
  const outputs = Object.fromEntries(
    tensors.map((t, i) => [i === 0 ? "y" : `d${names[i - 1]}`, t]),
  );
  const feeds = Object.entries({ ...shapes, direction: y.shape }).map(([name, shape]) =>
    [name, float32(shape, normals(randomKey(1, name), 0, elementCount(shape)))] as const
  );
  return await evaluate(outputs, Object.fromEntries(feeds));
}

/** Both lowerings give the same, to float32's rounding of sums of a few thousand terms. */
async function agree(
  shapes: Record<string, readonly number[]>,
  build: (inputs: Inputs) => Tensor,
): Promise<void> {
  const expected = await run(shapes, build, "plain");
  const found = await run(shapes, build, "cuda");
  for (const [name, { data, shape }] of Object.entries(expected)) {
    assert.deepEqual(found[name].shape, shape, name);
    const [a, b] = [data as Float32Array, found[name].data as Float32Array];
    const largest = a.reduce((max, v) => Math.max(max, Math.abs(v)), 1e-6);
    const worst = a.reduce((max, v, i) => Math.max(max, Math.abs(v - b[i])), 0);
    assert.ok(worst < 5e-6 * largest, `${name}: ${worst / largest}`);
  }
}

const convolutions: readonly [x: number[], w: number[], options: ConvOptions][] = [
  [[2, 3, 8, 8], [4, 3, 3, 3], { pads: 1 }],
  [[2, 3, 5, 7], [4, 3, 3, 3], { pads: 1 }],
  [[2, 3, 14, 15], [4, 3, 3, 3], { pads: 1, strides: 2 }],
  [[2, 3, 17, 17], [4, 3, 3, 3], { pads: 1, strides: 2 }],
  [[1, 2, 7, 6], [3, 2, 3, 2], { pads: [0, 1, 2, 0], strides: [2, 3] }],
  [[2, 2, 9, 9], [2, 2, 3, 3], { dilations: 2, strides: 2, pads: 1 }],
  [[2, 5, 9, 9], [3, 5, 1, 1], {}],
  [[1, 2, 8, 8], [2, 2, 1, 1], { strides: 3 }],
  [[2, 4, 6, 6], [6, 2, 3, 3], { group: 2, pads: 1 }],
  [[2, 3, 80], [4, 3, 5], { strides: 2, pads: 2 }],
];
for (const [x, w, options] of convolutions) {
  Deno.test(`cuda: a convolution of [${x}] by [${w}] ${JSON.stringify(options)}`, () =>
    agree({ x, w, bias: [w[0]] }, ({ x, w, bias }) => conv(x, w, { ...options, bias })));
}

Deno.test("cuda: normalisations and their gradients", async () => {
  await agree(
    { x: [2, 6, 5, 4], scale: [2, 6], bias: [2, 6] },
    ({ x, scale, bias }) => groupNormalization(x, scale, bias, 2),
  );
  await agree(
    { x: [2, 6, 5, 4], scale: [6], bias: [6] },
    ({ x, scale, bias }) => groupNormalization(x, scale, bias, 3),
  );
  await agree(
    { x: [4, 3, 10], scale: [10], bias: [10] },
    ({ x, scale, bias }) => layerNormalization(x, scale, bias),
  );
  await agree(
    { x: [4, 3, 10], scale: [3, 10], bias: [3, 10] },
    ({ x, scale, bias }) => layerNormalization(x, scale, bias, 1, 1e-3),
  );
});

Deno.test("cuda: the random numbers are the same bits without shifts", async () => {
  const stream = ndArray("uint64", [3], BigUint64Array.of(0n, 77n, 2n ** 39n + 5n));
  const u = uniformTensor(randomKey(3, "test"), input("stream", [3], "uint64"), 500);
  const [plain] = lowerings.plain.tidy([u]);
  const [cuda] = lowerings.cuda.tidy([u]);
  assert.ok(missingCudaKernels([plain]).get("BitShift of uint64")! > 0);
  assert.equal(missingCudaKernels([cuda]).size, 0);
  const found = await evaluate({ plain, cuda }, { stream });
  assert.deepEqual(found.cuda.data, found.plain.data);
});

Deno.test("cuda: what has no kernel is counted, by operator and type", () => {
  const x = input("x", [2, 2], "int32");
  const shifted = bitShift(input("s", [2], "uint32"), 1, "LEFT");
  assert.deepEqual([...missingCudaKernels([pad(x, [1, 1, 0, 0]), shifted])].sort(), [
    ["BitShift of uint32", 1],
    ["Pad of int32", 1],
  ]);
});

const familyLoss = {
  denoiser: "mse",
  autoencoder: "bce-with-logits",
  classifier: "cross-entropy",
} as const;

/** Models with what brings in all their operators; one that is not named here is tried with its defaults. */
const variants: Readonly<Record<string, Record<string, unknown>>> = {
  unet: { channels: [8, 16], norm_groups: 4, attention_levels: [1], dropout: 0.1 },
  "denoising-autoencoder": { filters: [4, 8], latent_dim: 5, batch_norm: true },
  classifier: { filters: [4, 8], dropout: 0.1 },
};

for (const [kind, { family, condition }] of models) {
  Deno.test(`cuda: every node of a training of ${kind} has a kernel`, () => {
    for (const [i, mixedPrecision] of mixedPrecisions.entries()) {
      const { spec } = trainerOptions({
        model: choose(models, kind, variants[kind]),
        ...(condition === "none" && family !== "classifier"
          ? {}
          : { condition: { width: 5, dtype: "uint8" } }),
        loss: choose(losses, familyLoss[family]),
        maxGradNorm: 1,
        accumulationSteps: i === 1 ? 2 : 1,
        mixedPrecision,
      });
      const full = { ...spec, imageCount: 40, maxSteps: 4 };
      const { outputs } = trainingGraph(full, "cuda");
      assert.deepEqual([...missingCudaKernels(Object.values(outputs))], [], mixedPrecision);
    }
  });
}
