/** Group normalisation over [N, C, H, W]. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, groupNormalization, mul } from "../ops/mod.ts";
import type { Modulation } from "./film.ts";
import { ones, zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

interface GroupNormOptions {
  readonly groups: number;
  readonly epsilon?: number;
  /** Applied to what was normalised. It joins scale and shift, so that it costs no pass over the images. */
  readonly modulation?: Modulation;
}

/** Wu and He (2018), arXiv:1803.08494: `groups` must divide the channels; scale 1 and shift 0 at first. */
export function groupNorm(
  scope: Scope,
  x: Tensor,
  { groups, epsilon = 1e-5, modulation }: GroupNormOptions,
): Tensor {
  const channels = x.shape[1];
  const scale = scope.parameter("weight", [channels], ones);
  const shift = scope.parameter("bias", [channels], zeros);
  if (!modulation) return groupNormalization(x, scale, shift, groups, epsilon);
  // gamma (scale n + shift) + beta = (gamma scale) n + (gamma shift + beta)
  const { gamma, beta } = modulation;
  const both = add(mul(gamma, shift), beta);
  return groupNormalization(x, mul(gamma, scale), both, groups, epsilon);
}
