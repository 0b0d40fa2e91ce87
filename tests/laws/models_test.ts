/**
 * Laws over every model, with and without a condition: the output has the images' shape, every parameter and input
 * reaches it, images of a batch do not see each other, the graphs for training and for sampling declare the same, and
 * lowerings give the gradients of the plain graph.
 */
import assert from "node:assert/strict";
import { gradient } from "../../src/autodiff/gradient.ts";
import { elementCount, float32, type NdArray } from "../../src/base/nd_array.ts";
import { normals, randomKey, uniforms } from "../../src/base/random.ts";
import { type Choice, choose, chosen } from "../../src/base/table.ts";
import { input } from "../../src/graph/sources.ts";
import type { Shape } from "../../src/graph/tensor.ts";
import { evaluate } from "../../src/runtime/evaluate.ts";
import { initialize } from "../../kernels/layers/mod.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { models } from "../../kernels/models/table.ts";
import { add, mul, reduceMean, reduceSum } from "../../kernels/ops/mod.ts";
import { build, type Case, CLASSES } from "./built_model.ts";
import { inputsByName } from "./inputs.ts";

const small = { channels: [8, 16], norm_groups: 4, embedding_width: 8, time_width: 16 };
const smallFilm = { ...small, film_width: 12 };

/** What each model is tried with; a model that is not named here is tried with its defaults. */
const variants: Record<string, readonly Record<string, unknown>[]> = {
  mlp: [{ hidden: [16] }, { hidden: [16, 24], embedding_width: 8 }],
  unet: [
    small,
    { ...small, blocks_per_level: 2 },
    { ...small, attention_levels: [1], attention_heads: 2 },
    { ...small, channels: [8], dropout: 0.3 },
    { ...small, channels: [4, 8, 12] },
    {
      ...small,
      channels: [6, 10],
      norm: "layer",
      activation: "gelu",
      upsample: "transposed-conv",
      time_mlp: "per-block",
    },
    { ...small, norm: "batch", activation: "relu", downsample: "max-pool" },
    { ...small, channels: [5, 7], norm: "none", downsample: "average-pool", activation: "tanh" },
  ],
  "film-unet": [
    smallFilm,
    { ...smallFilm, norm: "batch", attention_levels: [0], attention_heads: 2 },
    { ...smallFilm, norm: "layer", channels: [8], dropout: 0.3 },
    {
      ...smallFilm,
      channels: [6, 9],
      norm: "none",
      activation: "gelu",
      downsample: "max-pool",
      upsample: "transposed-conv",
    },
  ],
  "cond-unet": [{ channels: [6, 8], film_width: 12 }],
  cvae: [
    { filters: [4, 6, 8], latent_dim: 3 },
    { filters: [5], latent_dim: 2, batch_norm: "both" },
    { filters: [4, 6], latent_dim: 3, batch_norm: "none" },
  ],
  "denoising-autoencoder": [
    { filters: [4, 6], latent_dim: 5, activation: "gelu" },
    { filters: [5], latent_dim: 2, batch_norm: true, activation: "tanh" },
  ],
  classifier: [
    { filters: [4, 6], activation: "gelu" },
    { filters: [4, 8], norm: "group", norm_groups: 2, convolutions_per_level: 2, dropout: 0.3 },
    { filters: [5], norm: "none", activation: "tanh" },
  ],
};

const cases = [...models].flatMap(([kind, { condition }]): Case[] => {
  const widths = { none: [0], optional: [0, 3], required: [3] }[condition];
  return (variants[kind] ?? [{}]).flatMap((params) =>
    widths.map((width) => ({ choice: choose(models, kind, params), width }))
  );
});
const targets = Object.keys(lowerings) as LoweringTarget[];

/** The shape of a model's first output. */
function shapeOfOutput(choice: Choice, shape: Shape): Shape {
  return chosen(models, choice).family === "classifier" ? [shape[0], CLASSES] : shape;
}

/** Values of everything declared, none of them at a special value such as 0 or 1, variances positive. */
function weights({ parameters, buffers }: ReturnType<typeof build>): Record<string, NdArray> {
  const declared = [...parameters, ...buffers];
  const initial = initialize(declared, 1);
  return Object.fromEntries(declared.map(({ name, shape }) => {
    const shake = uniforms(randomKey(2, name), 0, elementCount(shape));
    return [name, float32(shape, initial.get(name)!.map((v, i) => v + 0.3 * (shake[i] - 0.4)))];
  }));
}

/** The first `count` of the images, timesteps and conditions that all cases see, from the image `first` on. */
function feeds({ width }: Case, first: number, count: number, image: Shape) {
  const size = elementCount(image);
  const rows = (name: string, each: number) =>
    normals(randomKey(3, name), 0, 4 * each).slice(first * each, (first + count) * each);
  return {
    x: float32([count, ...image], rows("x", size)),
    t: float32([count], Array.from({ length: count }, (_, i) => 37 + 300 * (first + i))),
    ...(width ? { condition: float32([count, width], rows("condition", width)) } : {}),
  };
}

for (const tried of cases) {
  const name = `${JSON.stringify(tried.choice)}, condition of ${tried.width}`;

  for (const shape of [[3, 3, 8, 8], [2, 1, 4, 12]]) {
    Deno.test(`output has the shape of the images [${shape}] or of classes: ${name}`, () => {
      const { y, parameters } = build(tried, shape, false);
      assert.deepEqual(y.shape, shapeOfOutput(tried.choice, shape));
      assert.equal(new Set(parameters.map((parameter) => parameter.name)).size, parameters.length);
    });
  }

  Deno.test(`training and sampling declare the same: ${name}`, () => {
    const training = build(tried, [4, 3, 8, 8], true), sampling = build(tried, [1, 3, 8, 8], false);
    assert.deepEqual(training.parameters, sampling.parameters);
    assert.deepEqual(training.buffers, sampling.buffers);
    assert.deepEqual([...training.updates.keys()], training.buffers.map((buffer) => buffer.name));
  });

  for (const target of targets) {
    Deno.test(`all parameters and inputs reach the output, lowering ${target}: ${name}`, async () => {
      const built = build(tried, [2, 3, 8, 8], false);
      const probes = built.outputs.map(({ shape }, i) => input(`probe${i}`, shape));
      const sums = built.outputs.map((output, i) =>
        reduceSum(mul(output, probes[i]), output.shape.map((_, axis) => axis))
      );
      const { lower, tidy } = lowerings[target];
      const [loss] = lower([sums.reduce((sum, next) => add(sum, next))]);
      const leaves = [
        ...built.parameters.map((parameter) => parameter.name),
        "x",
        ...(tried.width ? ["condition"] : []),
      ];
      const inputs = inputsByName([loss]);
      const gradients = tidy(gradient(loss, leaves.map((leaf) => inputs.get(leaf)!)));
      const found: Record<string, NdArray> = await evaluate(
        Object.fromEntries(leaves.map((leaf, i) => [`d ${leaf}`, gradients[i]])),
        {
          ...feeds(tried, 0, 2, [3, 8, 8]),
          ...weights(built),
          ...Object.fromEntries(probes.map(({ shape }, i) => [
            `probe${i}`,
            float32(shape, normals(randomKey(3, `probe${i}`), 0, elementCount(shape))),
          ])),
        },
      );
      for (const leaf of leaves) {
        const values = Array.from(found[`d ${leaf}`].data, Number);
        assert.ok(values.every(Number.isFinite), `d ${leaf} is not finite`);
        assert.ok(values.some((value) => value !== 0), `d ${leaf} is 0`);
      }
    });

    Deno.test(`an image's output does not depend on its batch, lowering ${target}: ${name}`, async () => {
      const image = [3, 8, 8];
      const many = build(tried, [3, ...image], false), one = build(tried, [1, ...image], false);
      const { lower, tidy } = lowerings[target];
      const parameters = weights(many);
      const output = async ({ y }: typeof many, first: number, count: number) =>
        (await evaluate({ y: tidy(lower([y]))[0] }, {
          ...feeds(tried, first, count, image),
          ...parameters,
        })).y.data;
      const whole = await output(many, 0, 3), alone = await output(one, 1, 1);
      const size = elementCount(one.y.shape);
      Array.from(alone, Number).forEach((value, i) => {
        const difference = Math.abs(value - Number(whole[size + i]));
        // Untrained and normalised by made-up statistics, some outputs are as large as 1e4.
        assert.ok(difference < 1e-4 * Math.max(1, Math.abs(value)), `element ${i}`);
      });
    });

    if (chosen(models, tried.choice).family !== "denoiser") continue;
    Deno.test(`a timestep of all images may come once, lowering ${target}: ${name}`, async () => {
      const shape = [3, 3, 8, 8], { lower, tidy } = lowerings[target];
      const output = async (built: ReturnType<typeof build>, count: number) => {
        const t = float32([count], new Float32Array(count).fill(437));
        const inputs = { ...feeds(tried, 0, 3, shape.slice(1)), ...weights(built), t };
        return (await evaluate({ y: tidy(lower([built.y]))[0] }, inputs)).y.data;
      };
      const once = await output(build(tried, shape, false, 1), 1);
      const each = await output(build(tried, shape, false), 3);
      Array.from(once, Number).forEach((value, i) => {
        const difference = Math.abs(value - Number(each[i]));
        assert.ok(difference < 1e-4 * Math.max(1, Math.abs(value)), `element ${i}`);
      });
    });
  }
}

for (const tried of cases.filter(({ choice }) => chosen(models, choice).family !== "denoiser")) {
  for (const target of targets.filter((target) => target !== "plain")) {
    const name = `${JSON.stringify(tried.choice)}, condition of ${tried.width}`;
    Deno.test(`gradients at 9x7 pixels do not depend on the lowering, ${target}: ${name}`, async () => {
      const image = [3, 9, 7];
      const built = build(tried, [3, ...image], true);
      const means = built.outputs.map((output) =>
        reduceMean(mul(output, output), output.shape.map((_, axis) => axis))
      );
      const whole = means.reduce((sum, next) => add(sum, next));
      const gradientsOf = (target: LoweringTarget) => {
        const { lower, tidy } = lowerings[target];
        const [loss] = lower([whole]);
        const inputs = inputsByName([loss]);
        return tidy(gradient(loss, built.parameters.map(({ name }) => inputs.get(name)!)));
      };
      const named = (prefix: string, target: LoweringTarget) =>
        gradientsOf(target).map((tensor, i) => [`${prefix} ${built.parameters[i].name}`, tensor]);
      const masks = [...inputsByName([whole])].filter(([name]) => name.startsWith("uniform "))
        .map(([name, { shape }]) => [
          name,
          float32(shape, uniforms(randomKey(6, name), 0, elementCount(shape))),
        ]);
      const found: Record<string, NdArray> = await evaluate(
        Object.fromEntries([...named("plain", "plain"), ...named("lowered", target)]),
        { ...feeds(tried, 0, 3, image), ...weights(built), ...Object.fromEntries(masks) },
      );
      // A bias under a batch normalisation has the gradient 0 but for rounding.
      const norms = built.parameters.map(({ name }) => norm(found[`plain ${name}`], []));
      const floor = 1e-2 * Math.max(...norms);
      built.parameters.forEach(({ name }, i) => {
        const difference = norm(found[`plain ${name}`], found[`lowered ${name}`].data);
        assert.ok(difference < 1e-4 * Math.max(norms[i], floor), `${name}: ${difference}`);
      });
    });
  }
}

/** Length of the difference from other numbers; of the array itself without any. */
function norm({ data }: NdArray, others: ArrayLike<number | bigint>): number {
  const squares = Array.from(data, Number).map((value, i) => (value - Number(others[i] ?? 0)) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}
