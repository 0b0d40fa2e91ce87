/** Cross-entropy over classes. */
import { z } from "zod";
import { logSoftmax, mul, neg, reduceSum } from "../ops/mod.ts";
import { elementwiseLoss, type Loss } from "./loss.ts";

/** -sum_k t_k log softmax(p)_k over the last axis: logits [N, K] against class probabilities or one-hot rows [N, K]. */
export const crossEntropy: Loss = elementwiseLoss({
  kind: "cross-entropy",
  compares: "class-logits",
  summary: "cross-entropy of logits over the last axis against class probabilities",
  params: z.strictObject({}),
  values({ prediction, target }) {
    const last = prediction.shape.length - 1;
    const terms = mul(target, logSoftmax(prediction, last));
    return neg(reduceSum(terms, [last]));
  },
});
