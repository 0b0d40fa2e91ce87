/** The mean absolute error. */
import { z } from "zod";
import { abs, sub } from "../ops/mod.ts";
import { elementwiseLoss, type Loss } from "./loss.ts";

/** mean |p - t| */
export const l1: Loss = elementwiseLoss({
  kind: "l1",
  compares: "values",
  summary: "mean absolute error",
  params: z.strictObject({}),
  values({ prediction, target }) {
    return abs(sub(prediction, target));
  },
});
