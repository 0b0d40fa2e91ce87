/** The sinusoidal embedding of timesteps. */
import { float32 } from "../../src/base/nd_array.ts";
import { constant } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { concat, cos, expand, mul, reshape, sin } from "../ops/mod.ts";

/**
 * Timesteps [N] (float32, not scaled) to [N, width]: sin(t f_i) in the first half, cos(t f_i) in the second,
 * with f_i = 10000^(-i / (width / 2)); Vaswani et al. (2017), section 3.5, in the order of DDPM's code.
 */
export function timestepEmbedding(t: Tensor, width: number): Tensor {
  const half = width / 2;
  if (!Number.isInteger(half) || half < 1) throw new Error(`embedding width ${width} is not even`);
  const frequencies = Array.from({ length: half }, (_, i) => Math.exp(-Math.log(10000) * i / half));
  const angles = mul(reshape(t, [t.shape[0], 1]), constant(float32([1, half], frequencies)));
  return concat([sin(angles), cos(angles)], 1);
}

/** Features [1, width] of one timestep that all images share as a row for each; [N, width] as they are. */
export function perImage(features: Tensor, images: number): Tensor {
  const [rows, width] = features.shape;
  return rows === images ? features : expand(features, [images, width]);
}
