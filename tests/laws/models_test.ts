/**
 * Laws over every model: the output has the images' shape, every parameter reaches it, images of a batch do not
 * see each other, and the graph for training and for sampling declare the same.
 */
import assert from "node:assert/strict";
import { gradient } from "../../src/autodiff/gradient.ts";
import { ParamError } from "../../src/base/errors.ts";
import { elementCount, float32, type NdArray } from "../../src/base/nd_array.ts";
import { normals, randomKey } from "../../src/base/random.ts";
import { type Choice, choose, chosen } from "../../src/base/table.ts";
import { input } from "../../src/graph/sources.ts";
import type { Shape } from "../../src/graph/tensor.ts";
import { evaluate } from "../../src/runtime/evaluate.ts";
import { createScope, initialize } from "../../kernels/layers/mod.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { models } from "../../kernels/models/table.ts";
import { mul, reduceSum } from "../../kernels/ops/mod.ts";
import { inputsByName } from "./inputs.ts";

const small = { channels: [8, 16], norm_groups: 4, embedding_width: 8, time_width: 16 };

/** What each model is tried with; a model that is not named here is tried with its defaults. */
const variants: Record<string, readonly Record<string, unknown>[]> = {
  mlp: [{ hidden: [16] }, { hidden: [16, 24], embedding_width: 8 }],
  unet: [
    small,
    { ...small, blocks_per_level: 2 },
    { ...small, attention_levels: [1], attention_heads: 2 },
    { ...small, channels: [8], dropout: 0.3 },
    { ...small, channels: [4, 8, 12] },
  ],
};

const choices = [...models.keys()].flatMap((kind) =>
  (variants[kind] ?? [{}]).map((params) => choose(models, kind, params))
);
const targets = Object.keys(lowerings) as LoweringTarget[];

/** The model over named inputs, with what it declares. */
function build(choice: Choice, shape: Shape, training: boolean) {
  const scope = createScope({
    training,
    // Masks that keep everything: dropout's own law is in its unit test.
    uniform: (purpose, of) => input(`uniform ${purpose}`, of),
  });
  const inputs = { x: input("x", shape), t: input("t", [shape[0]]) };
  const y = chosen(models, choice).apply(scope, inputs, choice);
  return { y, x: inputs.x, ...scope.collected };
}

/** Values of all parameters, none of them at a special value such as 0 or 1. */
function weights(declared: ReturnType<typeof build>["parameters"]): Record<string, NdArray> {
  const initial = initialize(declared, 1);
  return Object.fromEntries(declared.map(({ name, shape }) => {
    const shake = normals(randomKey(2, name), 0, elementCount(shape));
    return [name, float32(shape, initial.get(name)!.map((value, i) => value + 0.1 * shake[i]))];
  }));
}

function images(shape: Shape): Record<string, NdArray> {
  const timesteps = Float32Array.from({ length: shape[0] }, (_, i) => 37 + 300 * i);
  return {
    x: float32(shape, normals(randomKey(3, "x"), 0, elementCount(shape))),
    t: float32([shape[0]], timesteps),
  };
}

for (const choice of choices) {
  const name = JSON.stringify(choice);

  for (const shape of [[3, 3, 8, 8], [2, 1, 4, 12]]) {
    Deno.test(`output has the shape [${shape}] of the images: ${name}`, () => {
      const { y, parameters } = build(choice, shape, false);
      assert.deepEqual(y.shape, shape);
      assert.equal(new Set(parameters.map((parameter) => parameter.name)).size, parameters.length);
    });
  }

  Deno.test(`training and sampling declare the same parameters: ${name}`, () => {
    const training = build(choice, [4, 3, 8, 8], true),
      sampling = build(choice, [1, 3, 8, 8], false);
    assert.deepEqual(training.parameters, sampling.parameters);
  });

  for (const target of targets) {
    Deno.test(`every parameter and x itself reach the output, lowering ${target}: ${name}`, async () => {
      const shape = [2, 3, 8, 8];
      const built = build(choice, shape, false);
      const probe = mul(built.y, input("probe", shape));
      const { lower, tidy } = lowerings[target];
      const [loss] = lower([reduceSum(probe, [0, 1, 2, 3])]);
      const leaves = [...built.parameters.map((parameter) => parameter.name), "x"];
      const inputs = inputsByName([loss]);
      const gradients = tidy(gradient(loss, leaves.map((leaf) => inputs.get(leaf)!)));
      const found: Record<string, NdArray> = await evaluate(
        Object.fromEntries(leaves.map((leaf, i) => [`d ${leaf}`, gradients[i]])),
        {
          ...images(shape),
          ...weights(built.parameters),
          probe: float32(shape, normals(randomKey(3, "probe"), 0, elementCount(shape))),
        },
      );
      for (const leaf of leaves) {
        const values = Array.from(found[`d ${leaf}`].data, Number);
        assert.ok(values.every(Number.isFinite), `d ${leaf} is not finite`);
        assert.ok(values.some((value) => value !== 0), `d ${leaf} is 0`);
      }
    });

    Deno.test(`an image's output does not depend on its batch, lowering ${target}: ${name}`, async () => {
      const three = [3, 3, 8, 8], size = 3 * 8 * 8;
      const many = build(choice, three, false), one = build(choice, [1, 3, 8, 8], false);
      const { lower, tidy } = lowerings[target];
      const all = images(three), parameters = weights(many.parameters);
      const whole = await evaluate({ y: tidy(lower([many.y]))[0] }, { ...all, ...parameters });
      const alone = await evaluate({ y: tidy(lower([one.y]))[0] }, {
        x: float32([1, 3, 8, 8], (all.x.data as Float32Array).slice(size, 2 * size)),
        t: float32([1], (all.t.data as Float32Array).slice(1, 2)),
        ...parameters,
      });
      Array.from(alone.y.data, Number).forEach((value, i) => {
        assert.ok(Math.abs(value - Number(whole.y.data[size + i])) < 1e-4, `element ${i}`);
      });
    });
  }
}

Deno.test("the U-Net of S1 has 5.70 million parameters", () => {
  const { parameters } = build(choose(models, "unet"), [1, 3, 16, 16], false);
  // 110 tensors: PyTorch's 126 with the nine blocks' projections of the timestep as one layer.
  assert.equal(parameters.length, 110);
  assert.equal(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0), 5_695_683);
});

Deno.test("a U-Net that cannot be is refused at the parameter that is wrong", () => {
  const refused = (params: Record<string, unknown>, size: number, path: string) => {
    const choice = choose(models, "unet", params);
    assert.throws(
      () => chosen(models, choice).validate(choice, [3, size, size]),
      (error) => error instanceof ParamError && error.path.join(".") === path,
      JSON.stringify(params),
    );
  };
  refused({ channels: [32, 60] }, 16, "channels.1");
  refused({ channels: [32, 64, 128] }, 18, "channels");
  refused({ attention_levels: [4] }, 16, "attention_levels.0");
  refused({ attention_levels: [3], attention_heads: 7 }, 16, "attention_heads");
  const fine = choose(models, "unet");
  chosen(models, fine).validate(fine, [3, 16, 16]);
});
