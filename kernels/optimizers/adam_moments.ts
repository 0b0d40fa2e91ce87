/** What adam and adamw share: rescaled moments, so that a step takes as few elementwise operators as can be. */
import { z } from "zod";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, div, mul, sqrt, sub } from "../ops/mod.ts";
import type { Named, Updated } from "./optimizer.ts";

/** Parameters of both, by PyTorch's names and with its defaults. */
export const adamParams = {
  learning_rate: z.number().positive().default(1e-3).describe("step length"),
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999])
    .describe("share of the first and second moment that is kept at each step"),
  eps: z.number().positive().default(1e-8).describe("added to the root of the second moment"),
};

interface AdamParams {
  readonly betas: readonly [number, number];
  readonly eps: number;
}

/**
 * With M = m / (1 - b1) and V = v / (1 - b2), Adam's lr mhat / (sqrt(vhat) + eps) is size M / (sqrt(V) + epsilon):
 *
 *     root    = sqrt((1 - b2^step) / (1 - b2))
 *     size    = lr (1 - b1) / (1 - b1^step) root
 *     epsilon = eps root
 */
export function adamScalars(
  step: number,
  learningRate: number,
  { betas: [b1, b2], eps }: AdamParams,
): { size: number; epsilon: number } {
  const root = Math.sqrt((1 - b2 ** step) / (1 - b2));
  return { size: learningRate * (1 - b1) / (1 - b1 ** step) * root, epsilon: eps * root };
}

/** M = b1 M + g; V = b2 V + g^2; p - size M / (sqrt(V) + epsilon): ten operators. */
export function adamStep(
  parameter: Tensor,
  gradient: Tensor,
  slots: Named<Tensor>,
  { size, epsilon }: Named<Tensor>,
  { betas: [b1, b2] }: AdamParams,
): Updated {
  const first = add(mul(slots.first, b1), gradient);
  const second = add(mul(slots.second, b2), mul(gradient, gradient));
  const step = mul(div(first, add(sqrt(second), epsilon)), size);
  return { parameter: sub(parameter, step), slots: { first, second } };
}
