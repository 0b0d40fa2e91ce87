/** The stage kind `embed`: the codes that a trained model has for images, and maps of them in two dimensions. */
import { modelMeta } from "../artifacts/model.ts";
import type { Digest } from "../base/canonical.ts";
import type { StageKind } from "../pipeline/stage.ts";
import { checkMaps, checkModel, splitOf } from "./embed/checks.ts";
import { codesDigest } from "./embed/codes.ts";
import { type EmbedParams, embedParams } from "./embed/params.ts";
import { imported } from "../base/imported.ts";

export const embed: StageKind<EmbedParams> = {
  kind: "embed",
  version: 2,
  summary: "Codes of images by an autoencoder or a classifier, and maps of them by class.",
  params: embedParams,
  inputs: {
    model: { summary: "A trained autoencoder or classifier.", types: ["model"] },
    images: { summary: "Images to be encoded.", types: ["images", "noise"] },
  },
  output: "embedding",
  random: true,
  usesThreads: true,

  infer(params, inputs) {
    const model = inputs.one("model"), images = inputs.one("images");
    checkModel(params, model, images);
    checkMaps(params);
    splitOf(params, images);
    return { type: "embedding", meta: { shape: modelMeta(model.meta).shape } };
  },

  graph: (params, inputs): Digest => codesDigest(params, inputs.one("model")),

  memoryBytes(params, inputs) {
    const [channels, height, width] = modelMeta(inputs.one("model").meta).shape;
    return 400e6 + params.batch_size * channels * height * width * 4 * 200;
  },

  async run(context) {
    const { runEmbed } = await imported(() => import("./embed/run.ts"));
    return await runEmbed(context);
  },
};
