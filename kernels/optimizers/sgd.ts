/** Stochastic gradient descent with momentum. */
import { z } from "zod";
import { add, mul, sub } from "../ops/mod.ts";
import type { Optimizer, Updated } from "./optimizer.ts";

const params = z.strictObject({
  learning_rate: z.number().positive().default(1e-3).describe("largest step length"),
  momentum: z.number().min(0).lt(1).default(0).describe("share of the last step that is kept"),
  nesterov: z.boolean().default(false).describe("look ahead along the momentum"),
  weight_decay: z.number().min(0).default(0).describe("L2 penalty, added to the gradient"),
});

/**
 * As PyTorch's SGD (Sutskever et al. 2013, with the learning rate outside the momentum): g += decay p;
 * b = momentum b + g; p -= lr b, or p -= lr (g + momentum b) with Nesterov.
 */
export const sgd: Optimizer<z.infer<typeof params>> = {
  kind: "sgd",
  summary: "stochastic gradient descent with momentum",
  params,
  slots: ({ momentum }) => momentum === 0 ? [] : ["momentum"],
  scalars: (_, learningRate) => ({ rate: learningRate }),
  update({ parameter, gradient, slots, scalars: { rate } }, params): Updated {
    const { momentum, nesterov, weight_decay: decay } = params;
    const g = decay === 0 ? gradient : add(gradient, mul(parameter, decay));
    if (momentum === 0) return { parameter: sub(parameter, mul(g, rate)), slots: {} };
    const buffer = add(mul(slots.momentum, momentum), g);
    const direction = nesterov ? add(g, mul(buffer, momentum)) : buffer;
    return { parameter: sub(parameter, mul(direction, rate)), slots: { momentum: buffer } };
  },
};
