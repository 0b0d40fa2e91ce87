/** The mean squared error. */
import { z } from "zod";
import { mul, sub } from "../ops/mod.ts";
import { type Loss, weightedMean } from "./loss.ts";

/** mean (p - t)^2 */
export const mse: Loss = {
  kind: "mse",
  compares: "values",
  summary: "mean squared error",
  params: z.strictObject({}),
  apply({ prediction, target, weight }) {
    const error = sub(prediction, target);
    return weightedMean(mul(error, error), weight);
  },
};
