/** The stage kind `classify`: what a classifier says of images, and how often it is what they are or were to be. */
import { modelMeta } from "../artifacts/model.ts";
import type { Digest } from "../base/canonical.ts";
import { elementCount } from "../base/nd_array.ts";
import type { StageKind } from "../pipeline/stage.ts";
import { classificationDigest } from "../programs/classification_step.ts";
import { checkClassifying, specOf } from "./classify/checks.ts";
import { type ClassifyParams, classifyParams } from "./classify/params.ts";
import { imported } from "../base/imported.ts";

export const classify: StageKind<ClassifyParams> = {
  kind: "classify",
  version: 3,
  summary:
    "Classes of images or samples by a trained classifier, against their labels or the conditions of the samples.",
  params: classifyParams,
  inputs: {
    model: { summary: "A trained classifier.", types: ["model"] },
    images: {
      summary: "Images with labels, or samples.",
      types: ["images", "noise", "samples"],
    },
  },
  output: "classification",
  random: true,
  usesThreads: true,

  infer(params, inputs) {
    const model = inputs.one("model");
    checkClassifying(params, model, inputs.one("images"));
    return { type: "classification", meta: { classes: modelMeta(model.meta).condition!.names } };
  },

  graph: (params, inputs): Digest => classificationDigest(specOf(params, inputs.one("model"))),

  memoryBytes(params, inputs) {
    const { shape } = modelMeta(inputs.one("model").meta);
    return 300e6 + params.batch_size * elementCount(shape) * 4 * 200;
  },

  async run(context) {
    const { runClassify } = await imported(() => import("./classify/run.ts"));
    return await runClassify(context);
  },
};
