/** The stage kind `train`: what fits together, and what an autoencoder leaves behind. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ParamError, StageError } from "../../../../src/base/errors.ts";
import { float32 } from "../../../../src/base/nd_array.ts";
import { readNpy, writeNpy } from "../../../../src/formats/npy.ts";
import { readSafetensors } from "../../../../src/formats/safetensors.ts";
import type { Artifact, ArtifactType, Checkpoint } from "../../../../src/pipeline/stage.ts";
import { train } from "../../../../src/stages/train.ts";
import { laterDefaults } from "../../../../src/stages/train/params.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, resolved, runStage } from "../load/run_stage.ts";
import { labelledImages, noised, types } from "./labelled_images.ts";

const unet = { kind: "unet", channels: [8] };
const cvae = { kind: "cvae", filters: [6, 8], latent_dim: 2 };
const filmUnet = { kind: "film-unet", channels: [8] };

const refusals: readonly [
  what: string,
  params: Record<string, unknown>,
  input: ArtifactType,
  path: string,
  reason: RegExp,
][] = [
  ["a denoiser on bare images", { model: unet }, types.images(), "from.noise", /noise process/],
  ["an autoencoder on noise", { model: cvae }, types.noise(), "from.noise", /without a noise/],
  [
    "a condition for a model that takes none",
    { model: unet, condition: "labels" },
    types.noise(),
    "condition",
    /nothing that unet takes/,
  ],
  [
    "no condition for a model that needs one",
    { model: { kind: "cond-unet" } },
    types.noise(),
    "condition",
    /cond-unet needs one/,
  ],
  [
    "labels of images that have none",
    { model: filmUnet, condition: "labels" },
    types.noise({ labels: null }),
    "condition",
    /the images have none/,
  ],
  [
    "logits of noise",
    { model: unet, loss: { kind: "bce-with-logits" } },
    types.noise(),
    "loss.kind",
    /no probabilities/,
  ],
  [
    "classes of pixels",
    { model: cvae, loss: { kind: "cross-entropy" } },
    types.images(),
    "loss.kind",
    /gives back pixels/,
  ],
  [
    "weighted timesteps of an autoencoder",
    { model: cvae, loss_weighting: { kind: "min-snr" } },
    types.images(),
    "loss_weighting.kind",
    /means nothing to cvae/,
  ],
  [
    "dropped conditions of an autoencoder",
    { model: cvae, condition: "labels", condition_dropout: 0.1 },
    types.images(),
    "condition_dropout",
    /means nothing to cvae/,
  ],
  [
    "offset noise of an autoencoder",
    { model: cvae, offset_noise: 0.1 },
    types.images(),
    "offset_noise",
    /means nothing to cvae/,
  ],
  [
    "dropped conditions where there is none",
    { model: filmUnet, condition_dropout: 0.1 },
    types.noise(),
    "condition_dropout",
    /no condition to drop/,
  ],
  [
    "dropped conditions of a model that takes none",
    { model: unet, condition_dropout: 0.1 },
    types.noise(),
    "condition_dropout",
    /no condition to drop/,
  ],
  [
    "timesteps that no number draws",
    { model: unet, timestep_sampling: { kind: "log-normal", mean: 1000 } },
    types.noise(),
    "timestep_sampling.mean",
    /draws no timestep/,
  ],
  [
    "epsilon where nothing of the image is left",
    { model: unet },
    types.noise({
      schedule: {
        kind: "cosine",
        timesteps: 10,
        offset: 0.008,
        max_beta: 0.999,
        rescale_betas_zero_snr: true,
      },
    }),
    "prediction",
    /without any signal/,
  ],
  ["v of an autoencoder", { model: cvae, prediction: "v" }, types.images(), "prediction", /cvae/],
  [
    "bytes that are not mapped to [0, 1]",
    { model: cvae },
    types.images({ affine: { scale: [1 / 127.5], offset: [-1] } }),
    "from.noise",
    /from 0 to 1/,
  ],
  [
    "a model's own parameters",
    { model: { kind: "film-unet", channels: [12] } },
    types.noise(),
    "model.channels.0",
    /divisible by norm_groups/,
  ],
];

for (const [what, params, input, path, reason] of refusals) {
  Deno.test(`train refuses ${what}`, () => {
    assert.throws(
      () => inferred(train, { batch_size: 8, ...params }, { inputs: { noise: input as Artifact } }),
      (error) =>
        error instanceof ParamError && error.path.join(".") === path && reason.test(error.reason),
    );
  });
}

Deno.test("the loss that is left out goes with the model's family", () => {
  assert.deepEqual(resolved(train, { model: unet }).loss, { kind: "mse" });
  assert.deepEqual(resolved(train, { model: cvae }).loss, { kind: "bce-with-logits" });
  const given = { model: cvae, loss: { kind: "l1" } };
  assert.deepEqual(resolved(train, given).loss, { kind: "l1" });
  assert.deepEqual(resolved(train, resolved(train, given)), resolved(train, given));
});

Deno.test("a condition changes the graph of a training, and no other key does", () => {
  const digest = (params: Record<string, unknown>) => {
    const one = () => types.noise();
    const written = resolved(train, { model: filmUnet, batch_size: 8, ...params });
    return train.graph!(written, { one, all: () => [one()] });
  };
  assert.notEqual(digest({ condition: "labels" }), digest({}));
  assert.equal(digest({ checkpoint_every: 3 }), digest({}));
});

Deno.test("a key holds what came later only where it is not as it was", () => {
  const input = types.noise();
  const inputs = { one: () => input, all: () => [input] };
  const keyOf = (params: Record<string, unknown>) =>
    train.keyParams!(
      resolved(train, { model: filmUnet, condition: "labels", ...params }),
      inputs,
    );
  const usual = keyOf({});
  // The parameters of the first trainings.
  assert.deepEqual(
    Object.keys(JSON.parse(JSON.stringify(usual))).sort(),
    [
      "batch_size",
      "condition",
      "ema_every",
      "epochs",
      "learning_rate_schedule",
      "loss",
      "model",
      "optimizer",
      "precision",
      "prediction",
    ],
  );
  const later: Record<string, unknown> = {
    mixed_precision: "bfloat16",
    gradient_accumulation_steps: 2,
    loss_weighting: { kind: "min-snr", gamma: 5 },
    timestep_sampling: { kind: "log-normal", mean: -1.2, deviation: 1.2 },
    offset_noise: 0.1,
    condition_dropout: 0.1,
    corruption: { kind: "gaussian", sigma: 0.1, clip: true },
    keep: "best",
    by: "training_loss",
  };
  assert.deepEqual(Object.keys(later), Object.keys(laterDefaults));
  assert.deepEqual(keyOf({ ...laterDefaults, checkpoint_every: 4 }), usual);
  for (const [name, value] of Object.entries(later)) {
    assert.deepEqual(keyOf({ [name]: value }), { ...usual, [name]: value });
  }
});

Deno.test("a denoiser learns with every option at once, and says that conditions were dropped", async () => {
  using folder = new TemporaryFolder();
  const noise = await noised(labelledImages(folder.make("images"), -1), folder.make("noise"));
  const written = {
    model: filmUnet,
    condition: "labels",
    prediction: "v",
    batch_size: 16,
    epochs: 3,
    optimizer: { kind: "adam", learning_rate: 2e-3 },
  };
  const options = {
    loss_weighting: { kind: "min-snr" },
    timestep_sampling: { kind: "log-normal", mean: 0 },
    offset_noise: 0.1,
    condition_dropout: 0.5,
  };
  const lossesOf = async (params: object, name: string) => {
    const scratch = folder.make(name);
    const { artifact, promised } = await runStage(train, { ...written, ...params }, {
      scratch,
      inputs: { noise },
    });
    assert.deepEqual(artifact.meta, { ...promised.meta, affine: noise.meta.affine });
    return {
      meta: promised.meta,
      losses: [...readNpy(artifact.path("losses.npy")).data as Float32Array],
    };
  };
  const plain = await lossesOf({}, "plain");
  const all = await lossesOf(options, "all");
  assert.equal(plain.meta.conditionDropout, undefined);
  assert.equal(all.meta.conditionDropout, 0.5);
  assert.ok(all.losses.at(-1)! < all.losses[0], `${all.losses}`);
  const { condition_dropout: _, ...others } = options;
  const undropped = await lossesOf(others, "undropped");
  assert.notDeepEqual(undropped.losses, all.losses);
  assert.notDeepEqual(undropped.losses, plain.losses);
});

const settings = { model: cvae, condition: "labels", batch_size: 16, ema: 0.9 };
const optimizer = { kind: "adam", learning_rate: 5e-3 };

Deno.test("an autoencoder's losses and their parts are kept, fall, and add up", async () => {
  using folder = new TemporaryFolder();
  const noise = labelledImages(folder.make("images"), 0);
  const scratch = folder.make("model");
  const written = { ...settings, optimizer, epochs: 20 };
  const { draft, artifact, promised, progress } = await runStage(train, written, {
    scratch,
    inputs: { noise },
  });
  assert.deepEqual(draft.files, ["weights.safetensors", "ema.safetensors", "losses.npy"]);
  assert.deepEqual(artifact.meta, { ...promised.meta, affine: noise.meta.affine });
  assert.deepEqual(promised.meta.condition, noise.meta.labels);
  const losses = readNpy(artifact.path("losses.npy")).data as Float32Array;
  assert.ok(losses[79] < 0.9 * losses[0], `${losses[0]} -> ${losses[79]}`);
  const [header, ...rows] = Deno.readTextFileSync(join(scratch, "loss.csv")).trim().split("\n");
  assert.equal(header, "epoch,step,mean_loss,mean_reconstruction,mean_divergence");
  assert.equal(rows.length, 20);
  for (const row of rows) {
    const [, , loss, reconstruction, divergence] = row.split(",").map(Number);
    assert.ok(Math.abs(loss - reconstruction - divergence) < 1e-3, row);
    assert.ok(divergence > 0, row);
  }
  assert.deepEqual(Object.keys(progress.at(-1)!.values!), ["loss", "reconstruction", "divergence"]);
  const weights = readSafetensors(artifact.path("weights.safetensors"));
  const mean = weights.get("encoder.conv.0.norm.running_mean")!.data as Float32Array;
  assert.ok(mean.some((value) => value !== 0), "running statistics are not kept");
  // 8x8 images: encoder 486 + 12 + 440 + 16 + 2 * 66, decoder 224 + 438 + 97, by hand.
  assert.equal(draft.summary!.parameters, 1845);
});

Deno.test("an autoencoder's training goes on from a saved state with all its series", async () => {
  using folder = new TemporaryFolder();
  const noise = labelledImages(folder.make("images"), 0);
  const run = async (epochs: number, name: string, saved?: Checkpoint) => {
    const scratch = folder.make(name);
    const states: Checkpoint[] = [];
    const { artifact } = await runStage(train, { ...settings, optimizer, epochs }, {
      scratch,
      inputs: { noise },
      checkpoints: {
        latest: () => Promise.resolve(saved),
        save(_, step, files) {
          const kept = folder.make(`${name}-${step}`);
          for (const file of files) Deno.renameSync(join(scratch, file), join(kept, file));
          states.push({ step, meta: {}, path: (file) => join(kept, file) });
          return Promise.resolve();
        },
      },
    });
    const content = (path: string) => Deno.readFileSync(path);
    return {
      states,
      weights: content(artifact.path("weights.safetensors")),
      table: content(join(scratch, "loss.csv")),
    };
  };
  const whole = await run(5, "whole");
  const continued = await run(5, "continued", (await run(2, "short")).states.at(-1));
  assert.deepEqual(continued.weights, whole.weights);
  assert.deepEqual(continued.table, whole.table);
});

Deno.test("float images outside 0 to 1 stop an autoencoder's training with a sentence", async () => {
  using folder = new TemporaryFolder();
  const path = folder.make("images");
  const noise = labelledImages(path, 0);
  const data = Float32Array.from({ length: 64 * 64 }, (_, i) => i === 3000 ? 1.5 : 0.5);
  writeNpy(join(path, "train.npy"), float32([64, 1, 8, 8], data));
  const meta = { ...noise.meta, dtype: "float32", affine: { scale: [1], offset: [0] } };
  await assert.rejects(
    runStage(train, settings, {
      scratch: folder.make("model"),
      inputs: { noise: { ...noise, meta } },
    }),
    (error) => error instanceof StageError && /from 0 to 1.*1\.5/.test(error.message),
  );
});
