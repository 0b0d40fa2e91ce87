/** The Huber loss: squared near zero, absolute far from it. */
import { z } from "zod";
import { abs, min, mul, sub } from "../ops/mod.ts";
import { elementwiseLoss, type Loss } from "./loss.ts";

const params = z.strictObject({
  delta: z.number().positive().default(1).describe("error at which square turns into line"),
});

/**
 * Huber (1964), as PyTorch's HuberLoss: with e = |p - t|, e^2 / 2 for e <= delta and delta (e - delta / 2)
 * above; both are c (e - c / 2) with c = min(e, delta).
 */
export const huber: Loss<z.infer<typeof params>> = elementwiseLoss({
  kind: "huber",
  compares: "values",
  summary: "squared error up to delta, absolute error beyond",
  params,
  values({ prediction, target }, { delta }) {
    const error = abs(sub(prediction, target));
    const near = min(error, delta);
    return mul(near, sub(error, mul(near, 0.5)));
  },
});
