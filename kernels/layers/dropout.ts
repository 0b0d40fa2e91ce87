/** Dropout. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { cast, greater, mul } from "../ops/mod.ts";
import type { Scope } from "./scope.ts";

/**
 * Srivastava et al. (2014): in training every element is zero with probability `rate`, and the others are
 * divided by 1 - rate; otherwise x unchanged. The mask comes from the scope's random numbers.
 */
export function dropout(scope: Scope, x: Tensor, rate: number): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new Error(`${scope.path}: dropout rate ${rate}`);
  if (!scope.training || rate === 0) return x;
  const kept = cast(greater(scope.uniform(x.shape), rate), "float32");
  return mul(x, mul(kept, 1 / (1 - rate)));
}
