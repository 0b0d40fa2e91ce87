/** The mean absolute error. */
import { z } from "zod";
import { abs, sub } from "../ops/mod.ts";
import { type Loss, weightedMean } from "./loss.ts";

/** mean |p - t| */
export const l1: Loss = {
  kind: "l1",
  compares: "values",
  summary: "mean absolute error",
  params: z.strictObject({}),
  apply({ prediction, target, weight }) {
    return weightedMean(abs(sub(prediction, target)), weight);
  },
};
