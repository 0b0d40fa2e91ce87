/** The mean squared error. */
import { z } from "zod";
import { mul, sub } from "../ops/mod.ts";
import { elementwiseLoss, type Loss } from "./loss.ts";

/** mean (p - t)^2 */
export const mse: Loss = elementwiseLoss({
  kind: "mse",
  compares: "values",
  summary: "mean squared error",
  params: z.strictObject({}),
  values({ prediction, target }) {
    const error = sub(prediction, target);
    return mul(error, error);
  },
});
