/** `reconstruct`: losses are those of the images, and what no autoencoder can do is refused. */
import assert from "node:assert/strict";
import { openImages } from "../../../src/artifacts/images.ts";
import { ParamError } from "../../../src/base/errors.ts";
import type { Artifact } from "../../../src/pipeline/stage.ts";
import { reconstruct } from "../../../src/stages/reconstruct.ts";
import { sample } from "../../../src/stages/sample.ts";
import { train } from "../../../src/stages/train.ts";
import { TemporaryFolder } from "../formats/temporary.ts";
import { inferred, runStage } from "./load/run_stage.ts";
import { labelledImages, noised } from "./train/labelled_images.ts";

const autoencoder = { kind: "denoising-autoencoder", filters: [8], latent_dim: 8 };
const cvae = { kind: "cvae", filters: [8, 8], latent_dim: 2, beta: 0.5 };

async function trained(
  folder: TemporaryFolder,
  images: Artifact,
  params: Record<string, unknown>,
  epochs: number,
): Promise<Artifact> {
  const written = {
    optimizer: { kind: "adam", learning_rate: 1e-2 },
    batch_size: 16,
    epochs,
    ...params,
  };
  const scratch = folder.make((params.model as { kind: string }).kind);
  return (await runStage(train, written, { scratch, inputs: { noise: images } })).artifact;
}

async function givenBack(
  folder: TemporaryFolder,
  model: Artifact,
  images: Artifact,
  params: object,
) {
  const scratch = folder.make(`back${JSON.stringify(params).replace(/\W/g, "")}`);
  const { draft } = await runStage(reconstruct, params, { scratch, inputs: { model, images } });
  const numbers = JSON.parse(Deno.readTextFileSync(`${scratch}/reconstruction.json`));
  const { caption } = draft.views!.find(({ title }) => title === "Losses")!;
  const explained = [...caption.matchAll(/(?:bootstrap\. |; )([a-z ]+): /g)].map(([, name]) =>
    name
  );
  for (const measures of Object.values(numbers)) {
    assert.deepEqual(explained.sort(), Object.keys(measures as object).sort(), caption);
  }
  const svg = Deno.readTextFileSync(`${scratch}/reconstructions.svg`);
  return { draft, numbers, svg, rows: svg.match(/<text[^>]*text-anchor="end">/g)!.length };
}

Deno.test("a denoising autoencoder gives back more than it sees", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  const corruption = { kind: "gaussian" };
  const model = await trained(folder, images, { model: autoencoder, corruption }, 40);
  const { numbers, rows } = await givenBack(folder, model, images, { shown: 4 });
  // The images are two grey levels in halves with noise of 60 / 255 in all: far less than their variance is left.
  using split = openImages(images).split("train");
  const { data } = split.rows(0, split.count);
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
  assert.ok(numbers.train.mse.value < 0.25 * variance, `${numbers.train.mse.value} of ${variance}`);
  assert.deepEqual(Object.keys(numbers.train), [
    "bce",
    "mse",
    "psnr",
    "ssim",
    "seen psnr",
    "seen ssim",
  ]);
  assert.ok(numbers.train.psnr.value > numbers.train["seen psnr"].value);
  assert.equal(rows, 3);
  const clear = await givenBack(folder, model, images, { shown: 4, corruption: { kind: "none" } });
  assert.equal(clear.rows, 2);
  assert.notEqual(clear.numbers.train.mse.value, numbers.train.mse.value);
  assert.throws(
    () => inferred(sample, {}, { inputs: { model } }),
    (error) => error instanceof ParamError && /does not know how its codes/.test(error.reason),
  );
});

Deno.test("a variational autoencoder's total is the reconstruction plus beta times the divergence", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  const model = await trained(folder, images, { model: cvae, condition: "labels" }, 2);
  const { numbers: { train: drawn }, draft } = await givenBack(folder, model, images, {});
  assert.ok(Math.abs(drawn.total.value - drawn.bce.value - 0.5 * drawn.divergence.value) < 1e-9);
  assert.ok(
    drawn.total.interval[0] < drawn.total.value && drawn.total.value < drawn.total.interval[1],
  );
  assert.ok("train ssim" in draft.summary!);
  const { numbers: { train: means } } = await givenBack(folder, model, images, { codes: "mean" });
  assert.equal(means.divergence.value, drawn.divergence.value);
  assert.ok(means.bce.value < drawn.bce.value, "the mean of a code is its best guess");
  // Many codes bound the likelihood more tightly than one.
  const { numbers: { train: weighed } } = await givenBack(folder, model, images, {
    importance_samples: 64,
  });
  assert.ok(weighed.nll.value < weighed.bound.value);
  assert.equal(weighed.bound.value, drawn.bound.value);
  // Batches change nothing but rounding.
  const { numbers: { train: small } } = await givenBack(folder, model, images, { batch_size: 10 });
  assert.ok(Math.abs(small.bce.value / drawn.bce.value - 1) < 1e-5);
});

Deno.test("reconstruct: what cannot be given back is refused", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  const model = await trained(folder, images, { model: cvae, condition: "labels" }, 1);
  const refuse = (params: object, inputs: object, place: string, reason: RegExp) =>
    assert.throws(() => inferred(reconstruct, params, { inputs: inputs as never }), (error) => {
      assert(error instanceof ParamError);
      assert.equal(error.path.join("."), place);
      return reason.test(error.reason);
    });
  refuse({ splits: ["train", "test"] }, { model, images }, "splits.1", /no part/);
  const others = { ...images, meta: { ...images.meta, shape: [3, 8, 8] } };
  refuse({}, { model, images: others }, "from.images", /model's shape/);
  const unnamed = { ...images, meta: { ...images.meta, labels: null } };
  refuse({}, { model, images: unnamed }, "from.images", /labels that the model is told/);
  const plain = await trained(folder, images, { model: autoencoder }, 1);
  refuse(
    { importance_samples: 8 },
    { model: plain, images },
    "importance_samples",
    /denoising-autoencoder are not/,
  );
  refuse({ weights: "ema" }, { model, images }, "weights", /not averaged/);
  const twice = { splits: ["train", "train"] };
  assert.throws(() => reconstruct.params.parse(twice), /must name a part once/);
  const noise = await noised(labelledImages(folder.make("dark"), -1), folder.make("noise"));
  const denoiser = await runStage(train, { model: { kind: "mlp", hidden: [4] }, batch_size: 16 }, {
    scratch: folder.make("denoiser"),
    inputs: { noise },
  });
  refuse({}, { model: denoiser.artifact, images }, "from.model", /must be an autoencoder/);
});
