/** What `embed` can do with a model and images; found out before anything runs. */
import { imagesMeta, type SplitName } from "../../artifacts/images.ts";
import { checkWeightChoice, modelMeta, modelOf } from "../../artifacts/model.ts";
import { ParamError } from "../../base/errors.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import type { EmbedParams } from "./params.ts";

/** Throws `ParamError` for a model that has no codes, or none of such images, or not the weights asked for. */
export function checkModel({ weights }: EmbedParams, model: ArtifactType, images: ArtifactType) {
  const { family, kind } = modelOf(model.meta);
  if (family === "denoiser") {
    const reason = `must have codes, and ${kind} is a denoiser`;
    const hint = "Train an autoencoder or a classifier.";
    throw new ParamError(["from", "model"], reason, undefined, hint);
  }
  const { shape, condition } = modelMeta(model.meta);
  const theirs = imagesMeta(images.meta);
  if (`${shape}` !== `${theirs.shape}`) {
    const [own, other] = [shape, theirs.shape].map((shape) => shape.join(" x "));
    throw new ParamError(["from", "images"], `must have the model's shape ${own}, not ${other}`);
  }
  const told = family === "autoencoder" ? condition : undefined;
  if (told && `${told.names}` !== `${theirs.labels?.names}`) {
    const reason = `must have the labels that the model is told: ${told.names.join(", ")}`;
    throw new ParamError(["from", "images"], reason, theirs.labels?.names ?? "no labels");
  }
  checkWeightChoice(weights, model);
}

/** The part of the images that is encoded. Throws `ParamError` where there is none of the name, or too little. */
export function splitOf({ split, maps, count }: EmbedParams, { meta }: ArtifactType): SplitName {
  const { counts } = imagesMeta(meta);
  const name = split ?? (counts.test ? "test" : "train");
  if (!counts[name]) {
    const hint = `They have ${Object.keys(counts).join(", ")}.`;
    throw new ParamError(["split"], "is no part of the images", name, hint);
  }
  const there = Math.min(count, counts[name]);
  if (maps.includes("umap") && there < 20) {
    const reason = `umap needs at least 20 images, and there are ${there}`;
    throw new ParamError(["maps"], reason, maps, "Leave umap out.");
  }
  return name;
}
