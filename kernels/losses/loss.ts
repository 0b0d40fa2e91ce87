/** What a loss is, and the one way in which elementwise losses become a number. */
import { elementCount } from "../../src/base/nd_array.ts";
import type { Definition } from "../../src/base/table.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { mul, reduceSum, reshape } from "../ops/mod.ts";

/** A loss between what a model gave and what it should have given, both [N, ...] of one shape. */
// deno-lint-ignore no-explicit-any
export interface Loss<P = any> extends ElementwiseLoss<P> {
  /**
   * The mean over batch and elements, a float32 scalar. `weight` [N] multiplies each sample's own mean before the
   * mean over the batch is taken; it is not normalised.
   */
  apply(operands: Compared, params: P): Tensor;
}

/** What is written for each loss. */
// deno-lint-ignore no-explicit-any
interface ElementwiseLoss<P = any> extends Definition {
  /** What it takes as a prediction: values like the target's, logits of such, or logits of classes on the last axis. */
  readonly compares: "values" | "logits" | "class-logits";
  /** The loss of every element, [N, ...]; of every row of classes where the last axis is one. */
  values(operands: Omit<Compared, "weight">, params: P): Tensor;
}

/** What a loss is taken of. */
export interface Compared {
  readonly prediction: Tensor;
  readonly target: Tensor;
  readonly weight?: Tensor;
}

/** A loss that is a mean of its elements' losses. */
export function elementwiseLoss<P>(loss: ElementwiseLoss<P>): Loss<P> {
  return {
    ...loss,
    apply: ({ weight, ...operands }, params) => weightedMean(loss.values(operands, params), weight),
  };
}

/** Each sample's own mean, [N], of elementwise values [N, ...]. */
export function sampleMeans(values: Tensor): Tensor {
  const n = values.shape[0];
  return mul(sampleSums(values), n / elementCount(values.shape));
}

function sampleSums(values: Tensor): Tensor {
  const n = values.shape[0];
  return reduceSum(reshape(values, [n, elementCount(values.shape) / n]), [1]);
}

/** The mean of elementwise values [N, ...], each sample weighted where weights [N] are given. */
export function weightedMean(values: Tensor, weight?: Tensor): Tensor {
  const axes = values.shape.map((_, axis) => axis);
  const count = elementCount(values.shape);
  if (!weight) return mul(reduceSum(values, axes), 1 / count);
  return mul(reduceSum(mul(sampleSums(values), weight), [0]), 1 / count);
}
