/** Reading an artifact of type `model`: what it was trained on and told, and its weights. */
import { type Affine, identity } from "../base/affine.ts";
import type { JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import type { NdArray } from "../base/nd_array.ts";
import { type Choice, chosen } from "../base/table.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import type { ImageShape, Model } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import {
  areMeasured,
  type ContentSource,
  type ImageLabels,
  imagesMeta,
  type Maps,
} from "./images.ts";

/** `meta` of the artifact, as far as it does not depend on the model's family. */
export interface ModelMeta {
  readonly shape: ImageShape;
  readonly model: Choice;
  /** The labels that the model was given, or that a classifier was to find. */
  readonly condition?: ModelCondition;
  readonly affine?: Affine;
  /** Whether there are averaged weights. */
  readonly ema: boolean;
}

/** The labels that a model is given. */
export interface ModelCondition extends ImageLabels {
  /**
   * Whether one more number says that there is a condition: 1, and 0 beside the zeros that stand for none. Measured
   * labels need it, for zeros are their average once they are normalised; of classes zeros are none of them.
   */
  readonly marked?: true;
}

/** The typed facts of a `model` artifact. */
export function modelMeta(meta: JsonObject): ModelMeta {
  return meta as unknown as ModelMeta;
}

/** The definition of the network. */
export function modelOf(meta: JsonObject): Model {
  return chosen(models, modelMeta(meta).model);
}

/**
 * What images and labels are put through before this model sees them: where it was trained on stored values, nothing,
 * whatever maps the images that are connected have.
 */
export function mapsOf(meta: JsonObject): Maps & { readonly images: Affine } {
  const { shape, affine, condition } = modelMeta(meta);
  const images = affine ?? identity(shape[0]);
  if (!condition || !areMeasured(condition)) return { images };
  return { images, labels: condition.affine ?? identity(condition.width) };
}

/** Throws `ParamError` for images of another shape than the model's. */
export function requireShape(model: JsonObject, images: JsonObject): void {
  const { shape } = modelMeta(model);
  if (`${shape}` === `${images.shape}`) return;
  const [own, other] = [shape, images.shape as number[]].map((shape) => shape.join(" x "));
  throw new ParamError(["from", "images"], `must have the model's shape ${own}, not ${other}`);
}

/** Throws `ParamError` for images without the labels that the model is told. */
export function requireTold(model: JsonObject, images: JsonObject): void {
  const { condition } = modelMeta(model);
  const names = imagesMeta(images).labels?.names;
  if (!condition || `${condition.names}` === `${names}`) return;
  const reason = `must have the labels that the model is told: ${condition.names.join(", ")}`;
  throw new ParamError(["from", "images"], reason, names ?? "no labels");
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
  const reason =
    "cannot be the average: they were not averaged, for the model was trained without a moving average";
  throw new ParamError(["weights"], reason, choice, hint);
}

/** Weights by name. */
export function readWeights(
  artifact: ContentSource,
  choice: WeightChoice,
): ReadonlyMap<string, NdArray> {
  const averaged = choice === "ema" || (choice === "auto" && artifact.has("ema.safetensors"));
  return readSafetensors(artifact.path(averaged ? "ema.safetensors" : "weights.safetensors"));
}
