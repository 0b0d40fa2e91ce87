/** What must hold between an autoencoder and the images that it is to give back, and the program that follows. */
import { imagesMeta, type SplitName, splitNames } from "../../artifacts/images.ts";
import { checkWeightChoice, modelMeta, modelOf } from "../../artifacts/model.ts";
import { ParamError } from "../../base/errors.ts";
import type { Choice } from "../../base/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import type { ReconstructionSpec } from "../../programs/reconstruction_step.ts";
import type { ReconstructParams } from "./params.ts";

/** Throws `ParamError` for a model that does not decode, foreign images, and parts that are not there. */
export function checkReconstruction(
  params: ReconstructParams,
  model: ArtifactType,
  images: ArtifactType,
): void {
  const { family, kind } = modelOf(model.meta);
  if (family !== "autoencoder") {
    const reason = `must be an autoencoder, and ${kind} is a ${family}`;
    throw new ParamError(["from", "model"], reason, undefined, "Train a cvae, for example.");
  }
  requireSeen(model, images);
  countsOf(params, images);
  checkWeightChoice(params.weights, model);
}

/** Throws `ParamError` for images of another shape, or with other labels than the model was told. */
function requireSeen(model: ArtifactType, images: ArtifactType) {
  const { shape, condition } = modelMeta(model.meta);
  const theirs = imagesMeta(images.meta);
  if (`${shape}` !== `${theirs.shape}`) {
    const [own, other] = [shape, theirs.shape].map((shape) => shape.join(" x "));
    throw new ParamError(["from", "images"], `must have the model's shape ${own}, not ${other}`);
  }
  if (condition && `${condition.names}` !== `${theirs.labels?.names}`) {
    const reason = `must have the labels that the model is told: ${condition.names.join(", ")}`;
    throw new ParamError(["from", "images"], reason, theirs.labels?.names ?? "no labels");
  }
}

/** Images to be measured, by part. Throws `ParamError` for a part that is not there. */
export function countsOf(
  { splits, count }: ReconstructParams,
  { meta }: ArtifactType,
): Partial<Record<SplitName, number>> {
  const { counts } = imagesMeta(meta);
  const heldOut = splitNames.filter((name) => name !== "train" && counts[name]);
  const names = splits ?? (heldOut.length ? heldOut : ["train" as const]);
  const missing = names.findIndex((name) => !counts[name]);
  if (missing >= 0) {
    const hint = `They have ${Object.keys(counts).join(", ")}.`;
    throw new ParamError(["splits", missing], "is no part of the images", names[missing], hint);
  }
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
