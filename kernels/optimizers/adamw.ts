/** AdamW: Adam with decoupled weight decay. */
import { z } from "zod";
import { mul } from "../ops/mod.ts";
import { adamParams, adamScalars, adamStep } from "./adam_moments.ts";
import type { Optimizer } from "./optimizer.ts";

const params = z.strictObject({
  ...adamParams,
  weight_decay: z.number().min(0).default(0.01)
    .describe("share of a weight that is taken away, times the learning rate"),
});

/** Loshchilov and Hutter (2019), arXiv:1711.05101, as PyTorch's AdamW: p = (1 - lr decay) p - Adam's step. */
export const adamw: Optimizer<z.infer<typeof params>> = {
  kind: "adamw",
  summary: "Adam with decoupled weight decay",
  params,
  slots: () => ["first", "second"],
  scalars: (step, learningRate, params) => ({
    ...adamScalars(step, learningRate, params),
    keep: 1 - learningRate * params.weight_decay,
  }),
  update({ parameter, gradient, slots, scalars }, params) {
    const kept = params.weight_decay === 0 ? parameter : mul(parameter, scalars.keep);
    return adamStep(kept, gradient, slots, scalars, params);
  },
};
