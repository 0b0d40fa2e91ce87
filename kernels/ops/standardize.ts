/** The heart of every normalisation in simple ops: zero mean and unit variance along some axes; not an op. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { reduceMean } from "./reduce_mean.ts";
import { sqrt } from "./sqrt.ts";
import { sub } from "./sub.ts";

/** (x - mean) / sqrt(variance + epsilon), mean and biased variance over `axes`. */
export function standardize(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const centred = sub(x, reduceMean(x, axes, true));
  const variance = reduceMean(mul(centred, centred), axes, true);
  return div(centred, sqrt(add(variance, epsilon)));
}
