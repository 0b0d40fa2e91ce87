/** What must hold between a classifier and what it is to look at, and the program that follows. */
import { imagesMeta, type SplitName } from "../../artifacts/images.ts";
import { checkWeightChoice, modelMeta, modelOf, requireShape } from "../../artifacts/model.ts";
import { chosenSplit } from "../../artifacts/split_choice.ts";
import { ParamError } from "../../base/errors.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import type { ClassificationSpec } from "../../programs/classification_step.ts";
import type { ClassifyParams } from "./params.ts";

/** Throws `ParamError` for a model that is no classifier, images of another shape, and foreign labels. */
export function checkClassifying(
  params: ClassifyParams,
  model: ArtifactType,
  images: ArtifactType,
): void {
  const { family, kind } = modelOf(model.meta);
  if (family !== "classifier") {
    const reason = `must be a classifier, and ${kind} is ${
      family === "denoiser" ? "a" : "an"
    } ${family}`;
    const hint = "Train one on images with labels: `model: { kind: classifier }`.";
    throw new ParamError(["from", "model"], reason, undefined, hint);
  }
  requireShape(model.meta, images.meta);
  const { condition } = modelMeta(model.meta);
  const names = wantedNames(images);
  if (names && `${names}` !== `${condition!.names}`) {
    const reason = `must have the labels that the classifier knows: ${condition!.names.join(", ")}`;
    throw new ParamError(["from", "images"], reason, names);
  }
  checkWeightChoice(params.weights, model);
  if (images.type !== "samples") {
    splitOf(params, images);
  } else if (params.split) {
    const hint = "Leave it out.";
    throw new ParamError(["split"], "is nothing that samples have", params.split, hint);
  }
}

/** Names of what the images are, or the samples were to be; undefined where nothing is known of it. */
function wantedNames({ type, meta }: ArtifactType): readonly string[] | undefined {
  const labels = type === "samples" ? meta.condition : meta.labels;
  return (labels as { names?: string[] } | undefined)?.names;
}

/** The part of the images that is meant. Throws `ParamError` for one that is not there. */
export function splitOf({ split }: ClassifyParams, { meta }: ArtifactType): SplitName {
  return chosenSplit(imagesMeta(meta), split);
}

export function specOf(
  { batch_size: batchSize }: ClassifyParams,
  { meta }: ArtifactType,
): ClassificationSpec {
  const { shape, model, condition } = modelMeta(meta);
  return { shape, model, batchSize, classes: condition!.width };
}
