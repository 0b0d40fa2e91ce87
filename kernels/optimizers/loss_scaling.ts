/**
 * Dynamic loss scaling for gradients in float16, whose smallest number is 6e-8: the loss is multiplied by a scale
 * before differentiation and the gradients divided by it after. A step whose gradients are not finite is left out.
 *
 * Micikevicius et al. (2018), arXiv:1710.03740, section 3.2, with the numbers of PyTorch's GradScaler.
 */
import { scalar } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, div, equal, greater, max, min, mul, reduceSum, where } from "../ops/mod.ts";

/** The scale before the first step, and its bounds: outside them nothing is gained. */
export const FIRST_SCALE = 2 ** 16;
const [LEAST_SCALE, MOST_SCALE] = [1, 2 ** 24];

/** Steps with finite gradients after which the scale is doubled. */
export const GROWTH_INTERVAL = 2000;

/** The state of the scaling: float32 scalars. */
export interface Scaling {
  readonly scale: Tensor;
  /** Steps with finite gradients since the scale last changed. */
  readonly goodSteps: Tensor;
}

/** Gradients of the loss itself from those of the scaled loss, and whether every number in them is finite (bool). */
export function unscaled(
  gradients: readonly Tensor[],
  { scale }: Scaling,
): { readonly gradients: Tensor[]; readonly finite: Tensor } {
  const inverse = div(scalar(1), scale);
  const scaledBack = gradients.map((gradient) => mul(gradient, inverse));
  // x 0 is 0 for every number but infinities and NaN, for which it is NaN, and a sum keeps NaN.
  const zeros = scaledBack.map((g) => reduceSum(mul(g, 0), g.shape.map((_, axis) => axis)));
  return { gradients: scaledBack, finite: equal(zeros.reduce((a, b) => add(a, b)), scalar(0)) };
}

/** The scaling of the next step: halved after a step that was left out, doubled after many good ones. */
export function nextScaling({ scale, goodSteps }: Scaling, finite: Tensor): Scaling {
  const counted = add(goodSteps, 1);
  const isDue = greater(counted, GROWTH_INTERVAL - 0.5);
  const kept = where(isDue, min(mul(scale, 2), scalar(MOST_SCALE)), scale);
  return {
    scale: where(finite, kept, max(mul(scale, 0.5), scalar(LEAST_SCALE))),
    goodSteps: where(finite, where(isDue, 0, counted), 0),
  };
}
