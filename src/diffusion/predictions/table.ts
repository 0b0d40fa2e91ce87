/** The table of predictions, made of the barrel, and its schema. */
import { z } from "zod";
import * as barrel from "./mod.ts";
import type { Prediction } from "./prediction.ts";

export const predictions: ReadonlyMap<string, Prediction> = new Map(
  Object.values(barrel).map((prediction) => [prediction.kind, prediction]),
);

/** The schema of `prediction: epsilon | v | x0`. */
export const predictionSchema = z.enum([...predictions.keys()] as [string, ...string[]])
  .describe("what the model learns to predict");
