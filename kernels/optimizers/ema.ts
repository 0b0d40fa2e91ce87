/** The exponential moving average of weights. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, mul, sub } from "../ops/mod.ts";

/** a + rate (p - a), elementwise; `rate` is 1 - decay, given in float64's precision by `emaRate`. */
export function emaUpdate(average: Tensor, parameter: Tensor, rate: Tensor): Tensor {
  return add(average, mul(sub(parameter, average), rate));
}

/**
 * 1 - decay of the update number `update` (from 1): the decay grows as (1 + n) / (10 + n) up to `decay`, so
 * that the first random weights are soon forgotten; as Diffusers' EMAModel without inverse-gamma warm-up.
 */
export function emaRate(update: number, decay: number): number {
  const n = update - 1;
  return 1 - Math.min(decay, (1 + n) / (10 + n));
}
