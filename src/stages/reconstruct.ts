/** The stage kind `reconstruct`: what an autoencoder gives back of images, and how far it is from them. */
import { imagesMeta } from "../artifacts/images.ts";
import { modelMeta } from "../artifacts/model.ts";
import { type Digest, digestOf } from "../base/canonical.ts";
import type { StageKind } from "../pipeline/stage.ts";
import { likelihoodDigest } from "../programs/likelihood_step.ts";
import { reconstructionDigest } from "../programs/reconstruction_step.ts";
import { checkReconstruction, likelihoodSpecOf, specOf } from "./reconstruct/checks.ts";
import { type ReconstructParams, reconstructParams } from "./reconstruct/params.ts";
import { imported } from "../base/imported.ts";

export const reconstruct: StageKind<ReconstructParams> = {
  kind: "reconstruct",
  version: 1,
  summary: "Images that an autoencoder encodes and decodes, with its losses on held-out images.",
  params: reconstructParams,
  inputs: {
    model: { summary: "A trained autoencoder.", types: ["model"] },
    images: { summary: "Images to be given back.", types: ["images", "noise"] },
  },
  output: "reconstruction",
  random: true,
  usesThreads: true,

  infer(params, inputs) {
    const model = inputs.one("model"), images = inputs.one("images");
    checkReconstruction(params, model, images);
    return { type: "reconstruction", meta: { shape: imagesMeta(images.meta).shape } };
  },

  graph(params, inputs): Digest {
    const model = inputs.one("model");
    const given = reconstructionDigest(specOf(params, model, 0));
    const likelihood = likelihoodSpecOf(params, model, 0);
    return likelihood ? digestOf("reconstruct", [given, likelihoodDigest(likelihood)]) : given;
  },

  memoryBytes(params, inputs) {
    const [channels, height, width] = modelMeta(inputs.one("model").meta).shape;
    const rows = Math.max(params.batch_size, params.importance_samples ?? 0);
    return 300e6 + rows * channels * height * width * 4 * 200;
  },

  async run(context) {
    const { runReconstruct } = await imported(() => import("./reconstruct/run.ts"));
    return await runReconstruct(context);
  },
};
