/** Adam. */
import { z } from "zod";
import { add, mul } from "../ops/mod.ts";
import { adamParams, adamScalars, adamStep } from "./adam_moments.ts";
import type { Optimizer } from "./optimizer.ts";

const params = z.strictObject({
  ...adamParams,
  weight_decay: z.number().min(0).default(0).describe("L2 penalty, added to the gradient"),
});

/** Kingma and Ba (2015), arXiv:1412.6980, algorithm 1; weight decay as in PyTorch's Adam, inside the gradient. */
export const adam: Optimizer<z.infer<typeof params>> = {
  kind: "adam",
  summary: "Adam; weight decay, if any, acts through the gradient",
  params,
  slots: () => ["first", "second"],
  scalars: adamScalars,
  update({ parameter, gradient, slots, scalars }, params) {
    const { weight_decay: decay } = params;
    const g = decay === 0 ? gradient : add(gradient, mul(parameter, decay));
    return adamStep(parameter, g, slots, scalars, params);
  },
};
