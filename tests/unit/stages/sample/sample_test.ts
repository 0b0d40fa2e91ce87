/** The stage kind `sample` on conditional models: who gets which condition, and whether it is heeded. */
import assert from "node:assert/strict";
import { ParamError } from "../../../../src/base/errors.ts";
import { readNpy } from "../../../../src/formats/npy.ts";
import type { Artifact } from "../../../../src/pipeline/stage.ts";
import { sample } from "../../../../src/stages/sample.ts";
import { train } from "../../../../src/stages/train.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, resolved, runStage } from "../load/run_stage.ts";
import { labelledImages, labels, noised, pattern, SIZE } from "../train/labelled_images.ts";

const PIXELS = SIZE * SIZE;

async function trained(
  folder: TemporaryFolder,
  written: Record<string, unknown>,
): Promise<Artifact> {
  const onNoise = (written.model as { kind: string }).kind !== "cvae";
  const images = labelledImages(folder.make("images"), onNoise ? -1 : 0);
  const noise = onNoise ? await noised(images, folder.make("noise")) : images;
  const scratch = folder.make("model");
  const optimizer = { kind: "adam", learning_rate: 5e-3 };
  const params = { optimizer, batch_size: 16, ...written };
  return (await runStage(train, params, { scratch, inputs: { noise } })).artifact;
}

async function drawn(model: Artifact, scratch: string, written: Record<string, unknown>) {
  const { draft, artifact, promised } = await runStage(sample, written, {
    scratch,
    inputs: { model },
  });
  assert.deepEqual(artifact.meta, { ...promised.meta, affine: model.meta.affine });
  const { shape, data } = readNpy(artifact.path("samples.npy"));
  assert.deepEqual(shape, [written.count, 1, SIZE, SIZE]);
  return { draft, values: data as Float32Array, views: draft.views!.map(({ file }) => file) };
}

/** The label whose pattern an image is nearest to. */
function labelOf(image: Float32Array): number {
  const distances = labels.map((_, label) => {
    const wanted = pattern(label);
    return image.reduce((sum, value, i) => sum + (value - wanted[i]) ** 2, 0);
  });
  return distances.indexOf(Math.min(...distances));
}

const labelsOf = (values: Float32Array) =>
  Array.from(
    { length: values.length / PIXELS },
    (_, k) => labelOf(values.slice(k * PIXELS, (k + 1) * PIXELS)),
  );

Deno.test("an autoencoder decodes every label in turn, the same in any batch, and heeds it", async () => {
  using folder = new TemporaryFolder();
  const model = await trained(folder, {
    model: { kind: "cvae", filters: [8, 12], latent_dim: 2 },
    condition: "labels",
    epochs: 40,
  });
  const whole = await drawn(model, folder.make("whole"), { count: 12 });
  assert.deepEqual(labelsOf(whole.values), [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  assert.ok(whole.values.every((value) => value >= 0 && value <= 1));
  assert.deepEqual(whole.views, ["grid.png", "images.tar"]);
  assert.match(whole.draft.views![0].caption, /Columns: left, top, right, bottom\.$/);
  assert.deepEqual(whole.draft.meta.sampler, { kind: "decoder" });
  assert.equal(whole.draft.meta.nfe, 1);
  const parts = await drawn(model, folder.make("parts"), { count: 12, batch_size: 5 });
  whole.values.forEach((value, i) => assert.ok(Math.abs(value - parts.values[i]) < 1e-5));
  const chosen = { count: 4, condition: ["bottom", [0, 1, 0, 0]] };
  const given = await drawn(model, folder.make("given"), chosen);
  assert.deepEqual(labelsOf(given.values), [3, 1, 3, 1]);

  // On the way from one code to another the label stays, and the ends are the codes themselves.
  const start = { kind: "interpolation", frames: 3 };
  const walk = await drawn(model, folder.make("walk"), { count: 12, start });
  assert.deepEqual(labelsOf(walk.values), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  const code = { condition: ["left"] };
  const free = await drawn(model, folder.make("free"), { count: 2, ...code });
  const ways = await drawn(model, folder.make("ways"), { count: 3, start, ...code });
  const image = (values: Float32Array, k: number) => values.slice(k * PIXELS, (k + 1) * PIXELS);
  assert.deepEqual(image(ways.values, 0), image(free.values, 0));
  const close = image(free.values, 1).map((value, i) => Math.abs(value - image(ways.values, 2)[i]));
  assert.ok(Math.max(...close) < 1e-5);
  assert.match(ways.draft.views![0].caption, /3 at a time lie on the arc/);
});

for (const kind of ["film-unet", "cond-unet"]) {
  Deno.test(`${kind} draws what its condition says`, async () => {
    using folder = new TemporaryFolder();
    const channels = kind === "film-unet" ? [16] : [16, 16];
    const model = await trained(folder, {
      model: { kind, channels },
      condition: "labels",
      prediction: "x0",
      epochs: 30,
    });
    const sampler = { kind: "ddim", steps: 8 };
    const whole = await drawn(model, folder.make("whole"), { count: 8, sampler });
    assert.deepEqual(labelsOf(whole.values), [0, 1, 2, 3, 0, 1, 2, 3]);
    assert.deepEqual(whole.views, [
      "grid.png",
      "images.tar",
      "trajectory.png",
      "animation.png",
      "steps.csv",
    ]);
    const parts = await drawn(model, folder.make("parts"), { count: 8, sampler, batch_size: 3 });
    whole.values.forEach((value, i) => assert.ok(Math.abs(value - parts.values[i]) < 1e-4));
  });
}

Deno.test("sample refuses what the model cannot follow, and says what it could", () => {
  const autoencoder = {
    shape: [1, 8, 8],
    model: { kind: "cvae", filters: [4], latent_dim: 2, beta: 1, batch_norm: "none" },
  };
  const conditional = { ...autoencoder, condition: { width: 4, names: labels } };
  const refused = (
    params: Record<string, unknown>,
    meta: Artifact["meta"],
    path: string,
    reason: RegExp,
  ) =>
    assert.throws(
      () => inferred(sample, params, { inputs: { model: { type: "model", meta } as Artifact } }),
      (error) =>
        error instanceof ParamError && error.path.join(".") === path &&
        reason.test(`${error.reason} ${error.hint}`),
    );
  refused({ sampler: { kind: "ddim", steps: 5 } }, autoencoder, "sampler", /decodes images in one/);
  refused({ condition: ["left"] }, autoencoder, "condition", /condition: labels/);
  refused({ condition: ["lfet"] }, conditional, "condition.0", /Did you mean "left"/);
  refused({ condition: ["left", [1, 0]] }, conditional, "condition.1", /4 numbers/);
  refused({ condition: [[0, 1e39, 0, 0]] }, conditional, "condition.0.1", /32 bits/);
  refused(
    { weights: "ema" },
    conditional,
    "weights",
    /^cannot be the average: .*without a moving average/,
  );
});

Deno.test("the graph of a drawing knows whether there is a condition", () => {
  const meta = {
    shape: [1, 8, 8],
    model: { kind: "cvae", filters: [4], latent_dim: 2, beta: 1, batch_norm: "none" },
  };
  const digest = (of: Artifact["meta"]) => {
    const one = () => ({ type: "model", meta: of });
    return sample.graph!(resolved(sample, {}), { one, all: () => [one()] });
  };
  assert.equal(digest(meta), digest({ ...meta, affine: null }));
  assert.notEqual(digest(meta), digest({ ...meta, condition: { width: 4, names: labels } }));
});

Deno.test("a class that is called by a number may be written as one", () => {
  const { condition } = sample.params.parse({ condition: [3, "7", [0, 1]] });
  assert.deepEqual(condition, ["3", "7", [0, 1]]);
  assert.deepEqual(sample.params.parse({ condition }).condition, condition);
});
