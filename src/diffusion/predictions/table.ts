/** The table of predictions, made of the barrel, and its schema. */
import { z } from "zod";
import { tableOf } from "../../base/table.ts";
import * as barrel from "./mod.ts";
import type { Prediction } from "./prediction.ts";

export const predictions = tableOf<Prediction>(barrel);

/** The schema of `prediction: epsilon | v | x0`. */
export const predictionSchema = z.enum([...predictions.keys()] as [string, ...string[]])
  .describe("what the model learns to predict");
