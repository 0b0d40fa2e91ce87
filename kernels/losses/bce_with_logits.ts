/** Binary cross-entropy of logits. */
import { z } from "zod";
import { abs, add, exp, log, mul, neg, relu, sub } from "../ops/mod.ts";
import { elementwiseLoss, type Loss } from "./loss.ts";

/** -t log s(p) - (1 - t) log(1 - s(p)) with the sigmoid s, as max(p, 0) - p t + log(1 + e^-|p|), which cannot overflow. */
export const bceWithLogits: Loss = elementwiseLoss({
  kind: "bce-with-logits",
  compares: "logits",
  summary: "binary cross-entropy of logits against targets in [0, 1]",
  params: z.strictObject({}),
  values({ prediction, target }) {
    const tail = log(add(exp(neg(abs(prediction))), 1));
    return add(sub(relu(prediction), mul(prediction, target)), tail);
  },
});
