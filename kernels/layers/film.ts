/** Feature-wise linear modulation: a condition scales and shifts channels. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, mul, relu, reshape, split } from "../ops/mod.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

export interface FilmOptions {
  /** Width of the layer between condition and modulation. */
  readonly hidden?: number;
  /**
   * What gamma is around: 0, or 1, with which a network starts near the unmodulated one. Perez et al. use 1, for
   * around 0 gamma silences the features and with them the gradients.
   */
  readonly centre?: 0 | 1;
}

/** A factor and a summand per image and channel: both [N, C]. */
export interface Modulation {
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

/** gamma and beta from the condition z [N, Z] by Linear(Z, hidden), ReLU, Linear(hidden, 2 C). */
export function modulation(
  scope: Scope,
  z: Tensor,
  channels: number,
  { hidden = 128, centre = 0 }: FilmOptions = {},
): Modulation {
  const inner = relu(linear(scope.child("hidden"), z, hidden));
  const both = linear(scope.child("out"), inner, 2 * channels);
  const [gamma, beta] = split(both, [channels, channels], 1);
  return { gamma: centre === 0 ? gamma : add(gamma, centre), beta };
}

/** y = gamma x + beta for x [N, C, H, W]. */
export function modulate(x: Tensor, { gamma, beta }: Modulation): Tensor {
  const [n, channels] = x.shape;
  const perChannel = (numbers: Tensor) => reshape(numbers, [n, channels, 1, 1]);
  return add(mul(perChannel(gamma), x), perChannel(beta));
}

/** Perez et al. (2018), arXiv:1709.07871: the two together. */
export function film(scope: Scope, x: Tensor, z: Tensor, options: FilmOptions = {}): Tensor {
  return modulate(x, modulation(scope, z, x.shape[1], options));
}
