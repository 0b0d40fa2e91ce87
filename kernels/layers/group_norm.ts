/** Group normalisation over [N, C, H, W]. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { groupNormalization } from "../ops/mod.ts";
import { ones, zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/** Wu and He (2018), arXiv:1803.08494: `groups` must divide the channels; scale 1 and shift 0 at first. */
export function groupNorm(
  scope: Scope,
  x: Tensor,
  { groups, epsilon = 1e-5 }: { readonly groups: number; readonly epsilon?: number },
): Tensor {
  const channels = x.shape[1];
  const scale = scope.parameter("weight", [channels], ones);
  const shift = scope.parameter("bias", [channels], zeros);
  return groupNormalization(x, scale, shift, groups, epsilon);
}
