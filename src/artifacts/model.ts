/** Reading an artifact of type `model`: what it was trained on and told, and its weights. */
import type { JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import type { NdArray } from "../base/nd_array.ts";
import { type Choice, chosen } from "../base/table.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import type { ImageShape, Model } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import type { Affine, ContentSource, ImageLabels, Maps } from "./images.ts";

/** `meta` of the artifact, as far as it does not depend on the model's family. */
export interface ModelMeta {
  readonly shape: ImageShape;
  readonly model: Choice;
  /** The labels that the model was given, or that a classifier was to find. */
  readonly condition?: ImageLabels;
  readonly affine?: Affine;
  /** Whether there are averaged weights. */
  readonly ema: boolean;
}

/** The typed facts of a `model` artifact. */
export function modelMeta(meta: JsonObject): ModelMeta {
  return meta as unknown as ModelMeta;
}

/** The definition of the network. */
export function modelOf(meta: JsonObject): Model {
  return chosen(models, modelMeta(meta).model);
}

/** What images and labels are put through before this model sees them. */
export function mapsOf(meta: JsonObject): Maps {
  const { affine, condition } = modelMeta(meta);
  return { images: affine, labels: condition?.affine };
}

/** Which weights: the average where there is one, the average, or the last ones. */
export const weightChoices = ["auto", "ema", "last"] as const;
export type WeightChoice = typeof weightChoices[number];

/** Throws `ParamError` for the average of a model that has none, before anything runs. */
export function checkWeightChoice(
  choice: WeightChoice,
  { meta }: { readonly meta: JsonObject },
): void {
  if (choice !== "ema" || modelMeta(meta).ema) return;
  const hint = "Set `ema` in the stage that trains it, or use the last weights.";
  throw new ParamError(["weights"], "were not averaged in training", choice, hint);
}

/** Weights by name. */
export function readWeights(
  artifact: ContentSource,
  choice: WeightChoice,
): ReadonlyMap<string, NdArray> {
  const averaged = choice === "ema" || (choice === "auto" && artifact.has("ema.safetensors"));
  return readSafetensors(artifact.path(averaged ? "ema.safetensors" : "weights.safetensors"));
}
