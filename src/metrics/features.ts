/** The features that a metric may compare images by: one parameter, and what it means. */
import { z } from "zod";
import { ParamError } from "../base/errors.ts";
import type { ImageFacts } from "./metric.ts";

/** The parameter that chooses them. */
export const featureParams = {
  features: z.enum(["random", "pixels", "classifier"]).default("random").describe(
    "What images are compared by: a fixed random net (64 numbers), the pixels (averaged down to 32 a " +
      "side), or the features of the classifier at the input `classifier`",
  ),
};

/** The part of a metric's parameters that `featureParams` describes. */
export interface FeatureParams {
  readonly features: "random" | "pixels" | "classifier";
}

/** Refuses a classifier that is not connected, before anything runs. */
export function checkFeatures({ features }: FeatureParams, { classified }: ImageFacts): void {
  if (features !== "classifier" || classified) return;
  throw new ParamError(
    ["features"],
    `asks for a classifier: ${unconnected.reason}`,
    features,
    unconnected.hint,
  );
}

/** Why and what to do, wherever a classifier is missing. */
export const unconnected = {
  reason: "no classifier is connected",
  hint: "Connect one to the input `classifier` of the stage, or choose `features: random`.",
};
