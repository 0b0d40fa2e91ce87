/** What must hold between an autoencoder and the images that it is to give back, and the program that follows. */
import { imagesMeta, type SplitName, splitNames } from "../../artifacts/images.ts";
import {
  checkWeightChoice,
  modelMeta,
  modelOf,
  requireShape,
  requireTold,
} from "../../artifacts/model.ts";
import { chosenSplit } from "../../artifacts/split_choice.ts";
import { ParamError } from "../../base/errors.ts";
import type { Choice } from "../../base/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import type { LikelihoodSpec } from "../../programs/likelihood_step.ts";
import type { ReconstructionSpec } from "../../programs/reconstruction_step.ts";
import type { ReconstructParams } from "./params.ts";

/** Throws `ParamError` for a model that does not decode, foreign images, and parts that are not there. */
export function checkReconstruction(
  params: ReconstructParams,
  model: ArtifactType,
  images: ArtifactType,
): void {
  const definition = modelOf(model.meta);
  if (definition.family !== "autoencoder") {
    const reason = `must be an autoencoder, and ${definition.kind} is a ${definition.family}`;
    throw new ParamError(["from", "model"], reason, undefined, "Train a cvae, for example.");
  }
  requireShape(model.meta, images.meta);
  requireTold(model.meta, images.meta);
  if (params.importance_samples && !definition.variational) {
    const reason = `needs codes that are drawn, and those of ${definition.kind} are not`;
    throw new ParamError(["importance_samples"], reason, params.importance_samples);
  }
  countsOf(params, images);
  checkWeightChoice(params.weights, model);
}

/** Images to be measured, by part. Throws `ParamError` for a part that is not there. */
export function countsOf(
  { splits, count }: ReconstructParams,
  { meta }: ArtifactType,
): Partial<Record<SplitName, number>> {
  const images = imagesMeta(meta), { counts } = images;
  const heldOut = splitNames.filter((name) => name !== "train" && counts[name]);
  const names = splits ?? (heldOut.length ? heldOut : ["train" as const]);
  names.forEach((name, i) => chosenSplit(images, name, ["splits", i]));
  return Object.fromEntries(
    names.map((name) => [name, Math.min(count ?? Infinity, counts[name]!)]),
  );
}

/** The program: the model's own corruption where none is asked for. */
export function specOf(
  { batch_size: batchSize, codes, corruption }: ReconstructParams,
  { meta }: ArtifactType,
  seed: number,
): ReconstructionSpec {
  const { shape, model, condition } = modelMeta(meta);
  const usual = meta.corruption as Choice | undefined;
  return {
    shape,
    model,
    batchSize,
    seed,
    ...(condition ? { conditionWidth: condition.width } : {}),
    corruption: corruption ?? usual,
    drawsCodes: codes === "drawn",
  };
}

/** The program that estimates likelihoods, where they are asked for: about as many codes at a time as a batch has. */
export function likelihoodSpecOf(
  params: ReconstructParams,
  model: ArtifactType,
  seed: number,
): LikelihoodSpec | undefined {
  const { importance_samples: importanceSamples, batch_size: most } = params;
  if (!importanceSamples) return undefined;
  const batchSize = Math.max(1, Math.floor(most / importanceSamples));
  return { ...specOf(params, model, seed), batchSize, importanceSamples };
}
