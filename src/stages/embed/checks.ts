/** What `embed` can do with a model and images; found out before anything runs. */
import { imagesMeta, type SplitName } from "../../artifacts/images.ts";
import { checkWeightChoice, modelOf, requireShape, requireTold } from "../../artifacts/model.ts";
import { chosenSplit } from "../../artifacts/split_choice.ts";
import { ParamError } from "../../base/errors.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { type EmbedParams, umapDefaults } from "./params.ts";

/** Throws `ParamError` for a model that has no codes, or none of such images, or not the weights asked for. */
export function checkModel({ weights }: EmbedParams, model: ArtifactType, images: ArtifactType) {
  const { family, kind } = modelOf(model.meta);
  if (family === "denoiser") {
    const reason = `must have codes, and ${kind} is a denoiser`;
    const hint = "Train an autoencoder or a classifier.";
    throw new ParamError(["from", "model"], reason, undefined, hint);
  }
  requireShape(model.meta, images.meta);
  if (family === "autoencoder") requireTold(model.meta, images.meta);
  checkWeightChoice(weights, model);
}

/** Throws `ParamError` for what shapes a neighbour map where none is made. */
export function checkMaps(params: EmbedParams): void {
  if (params.maps.includes("umap")) return;
  for (const name of ["neighbours", "min_distance"] as const) {
    if (params[name] === umapDefaults[name]) continue;
    throw new ParamError([name], "goes with the map umap", params[name], "Leave it out.");
  }
}

/** The part of the images that is encoded. Throws `ParamError` where there is none of the name, or too little. */
export function splitOf({ split, maps, count }: EmbedParams, { meta }: ArtifactType): SplitName {
  const images = imagesMeta(meta);
  const name = chosenSplit(images, split);
  const there = Math.min(count, images.counts[name]!);
  if (maps.includes("umap") && there < 20) {
    const reason = `umap needs at least 20 images, and there are ${there}`;
    throw new ParamError(["maps"], reason, maps, "Leave umap out.");
  }
  return name;
}
