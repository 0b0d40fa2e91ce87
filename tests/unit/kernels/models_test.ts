/** Single models: sizes that are known, sizes that are refused, and parameters that came later. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { elementCount } from "../../../src/base/nd_array.ts";
import { type Choice, choose, chosen } from "../../../src/base/table.ts";
import { graphDigest } from "../../../src/graph/digest.ts";
import { keyedModel, models } from "../../../kernels/models/table.ts";
import { build, CLASSES } from "../../laws/built_model.ts";

Deno.test("the U-Net of S1 has 5.70 million parameters", () => {
  const { parameters } = build({ choice: choose(models, "unet"), width: 0 }, [1, 3, 16, 16], false);
  // 110 tensors: PyTorch's 126 with the nine blocks' projections of the timestep as one layer.
  assert.equal(parameters.length, 110);
  assert.equal(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0), 5_695_683);
});

Deno.test("S4's autoencoder on clothes goes from 28 to 4 and back, with 303,893 parameters", () => {
  const { parameters } = build(
    { choice: choose(models, "cvae"), width: 10 },
    [2, 1, 28, 28],
    false,
  );
  const shapes = new Map(parameters.map((parameter) => [parameter.name, parameter.shape]));
  assert.deepEqual(shapes.get("encoder.conv.0.weight"), [4, 4, 11, 32]);
  assert.deepEqual(shapes.get("encoder.conv.2.weight"), [3, 3, 64, 128]);
  assert.deepEqual(shapes.get("encoder.mean.weight"), [128 * 4 * 4, 10]);
  assert.deepEqual(shapes.get("decoder.in.weight"), [20, 128 * 4 * 4]);
  assert.deepEqual(shapes.get("decoder.conv.0.weight"), [4, 4, 32, 1]);
  // Counted by PyTorch in tests/bench/cvae_twin.py.
  assert.equal(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0), 303_893);
});

Deno.test("an autoencoder gives back images of every size", () => {
  for (const kind of ["cvae", "denoising-autoencoder"]) {
    for (const [height, width] of [[8, 9], [15, 11], [28, 28], [9, 31]]) {
      const choice = choose(models, kind, { filters: [2, 2, 2] });
      const shape = [2, 1, height, width];
      assert.deepEqual(build({ choice, width: 0 }, shape, true).y.shape, shape);
    }
  }
});

Deno.test("a U-Net as S3's is built from 28 to 512 pixels", () => {
  const brain = { norm: "layer", activation: "gelu", upsample: "transposed-conv" };
  for (const size of [28, 32, 64, 128, 256, 512]) {
    const params = { ...brain, channels: [16, 32, 64], time_mlp: "per-block" };
    const choice = choose(models, "unet", params);
    chosen(models, choice).validate(choice, [1, size, size], 1);
    const { y, parameters } = build({ choice, width: 0 }, [2, 1, size, size], true);
    assert.deepEqual(y.shape, [2, 1, size, size]);
    const norm = parameters.find(({ name }) => name === "down.0.block.0.norm1.weight")!;
    assert.deepEqual(norm.shape, [16, size, size]);
    const up = parameters.find(({ name }) => name === "up.1.conv.weight")!;
    assert.deepEqual(up.shape, [4, 4, 32, 16]);
  }
});

Deno.test("a classifier of clothes has 94 thousand parameters and 128 features", () => {
  const choice = choose(models, "classifier");
  const { outputs: [logits, features], parameters } = build({ choice, width: 0 }, [
    2,
    1,
    28,
    28,
  ], true);
  assert.deepEqual([logits.shape, features.shape], [[2, CLASSES], [2, 128]]);
  // 9 (1 32 + 32 64 + 64 128) + 3 (32 + 64 + 128) + 129 classes
  const expected = 9 * (32 + 2048 + 8192) + 3 * 224 + 129 * CLASSES;
  assert.equal(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0), expected);
});

for (const [kind, { laterDefaults }] of models) {
  if (!laterDefaults) continue;
  Deno.test(`${kind} that names the defaults of later parameters is the model without them`, () => {
    const plain = choose(models, kind), named = choose(models, kind, laterDefaults);
    assert.notDeepEqual(named, plain);
    assert.deepEqual(keyedModel(named), plain);
    assert.deepEqual(keyedModel(plain), plain);
    const digest = (choice: Choice) =>
      graphDigest({ y: build({ choice, width: 0 }, [2, 3, 16, 16], true).y });
    assert.equal(digest(named), digest(plain));
  });

  Deno.test(`every later parameter of ${kind} is kept in keys where it differs, and matters`, () => {
    const other: Record<string, string> = {
      activation: "gelu",
      downsample: "max-pool",
      upsample: "transposed-conv",
      norm: "layer",
      time_mlp: "per-block",
    };
    const digest = (choice: Choice) =>
      graphDigest({ y: build({ choice, width: 0 }, [2, 3, 16, 16], true).y });
    const usual = digest(choose(models, kind));
    for (const name of Object.keys(laterDefaults)) {
      const choice = choose(models, kind, { [name]: other[name] });
      assert.equal(keyedModel(choice)[name], other[name]);
      assert.notEqual(digest(choice), usual, name);
    }
  });
}

/** That a choice is refused on images of `size` at `path`, with the advice. */
function refused(
  kind: string,
  params: Record<string, unknown>,
  { size, batch }: { readonly size: number; readonly batch?: number },
  path: string,
  advice?: RegExp,
) {
  const choice = choose(models, kind, params);
  assert.throws(
    () => chosen(models, choice).validate(choice, [3, size, size], batch),
    (error) => {
      assert.ok(error instanceof ParamError, `${error}`);
      assert.equal(error.path.join("."), path);
      if (advice) assert.match(error.hint ?? "", advice);
      return true;
    },
    JSON.stringify(choice),
  );
}

Deno.test("a model that cannot be is refused at the parameter that is wrong", () => {
  for (const kind of ["unet", "film-unet"]) {
    refused(kind, { channels: [32, 60] }, { size: 16 }, "channels.1");
    const advice = /at most 2 levels, or images of 20x20/;
    refused(kind, { channels: [32, 64, 128] }, { size: 18 }, "channels", advice);
    refused(kind, {}, { size: 28 }, "channels", /at most 3 levels, or images of 32x32/);
    refused(kind, {}, { size: 15 }, "channels", /at most 1 level, or images of 16x16/);
    refused(kind, { attention_levels: [4] }, { size: 16 }, "attention_levels.0");
    const heads = { attention_levels: [3], attention_heads: 7 };
    refused(kind, heads, { size: 16 }, "attention_heads");
    const ungrouped = { channels: [10, 20], norm: "layer" };
    const fine = choose(models, kind, ungrouped);
    chosen(models, fine).validate(fine, [3, 16, 16]);
    // A group normalisation stands before attention.
    const attentive = { ...ungrouped, attention_levels: [1] };
    refused(kind, attentive, { size: 16 }, "channels.1", /norm_groups/);
  }
  refused("cond-unet", {}, { size: 15 }, "kind");
  refused("cvae", {}, { size: 3 }, "filters");
  refused("denoising-autoencoder", {}, { size: 15 }, "filters", /fewer levels/);
  refused("classifier", {}, { size: 3 }, "filters", /fewer levels/);
  refused("classifier", { filters: [8, 12], norm: "group" }, { size: 8 }, "filters.1");
  for (const [kind] of models) {
    const fine = choose(models, kind);
    chosen(models, fine).validate(fine, [3, 16, 16], 1);
  }
});

Deno.test("batch normalisation of a single value is refused, of two it is trained", () => {
  const single = { size: 4, batch: 1 };
  refused("cvae", { filters: [2, 2, 2] }, single, "batch_norm", /two images or more/);
  refused("unet", { channels: [8, 8, 8], norm: "batch" }, single, "norm", /two images or more/);
  refused("film-unet", { channels: [8, 8, 8], norm: "batch" }, single, "norm", /fewer levels/);
  refused("classifier", { filters: [2, 2, 2] }, single, "norm", /no batch normalisation/);
  const allowed: readonly [string, Record<string, unknown>, number][] = [
    ["cvae", { filters: [2, 2, 2] }, 2],
    ["cvae", { filters: [2, 2, 2], batch_norm: "none" }, 1],
    ["unet", { channels: [8, 8, 8], norm: "batch" }, 2],
    ["classifier", { filters: [2, 2, 2] }, 2],
    ["denoising-autoencoder", { filters: [2, 2], batch_norm: true }, 1],
  ];
  for (const [kind, params, batch] of allowed) {
    const choice = choose(models, kind, params);
    chosen(models, choice).validate(choice, [3, 4, 4], batch);
    assert.equal(build({ choice, width: 0 }, [batch, 3, 4, 4], true).y.shape[0], batch);
  }
});
