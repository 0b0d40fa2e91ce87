/** What a loss is, and the one way in which elementwise losses become a number. */
import { elementCount } from "../../src/base/nd_array.ts";
import type { Definition } from "../../src/base/table.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { mul, reduceSum, reshape } from "../ops/mod.ts";

/** A loss between what a model gave and what it should have given, both [N, ...] of one shape. */
// deno-lint-ignore no-explicit-any
export interface Loss<P = any> extends Definition {
  /** What it takes as a prediction: values like the target's, logits of such, or logits of classes on the last axis. */
  readonly compares: "values" | "logits" | "class-logits";
  /**
   * The mean over batch and elements, a float32 scalar. `weight` [N] multiplies each sample's own mean before the
   * mean over the batch is taken; it is not normalised.
   */
  apply(operands: LossOperands, params: P): Tensor;
}

export interface LossOperands {
  readonly prediction: Tensor;
  readonly target: Tensor;
  readonly weight?: Tensor;
}

/** The mean of elementwise values [N, ...], each sample weighted where weights [N] are given. */
export function weightedMean(values: Tensor, weight?: Tensor): Tensor {
  const axes = values.shape.map((_, axis) => axis);
  const count = elementCount(values.shape);
  if (!weight) return mul(reduceSum(values, axes), 1 / count);
  const n = values.shape[0];
  const perSample = reduceSum(reshape(values, [n, count / n]), [1]);
  return mul(reduceSum(mul(perSample, weight), [0]), 1 / count);
}
