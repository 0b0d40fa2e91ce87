/** The residual block of the U-Net. */
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  activate,
  type Activation,
  conv2d,
  dropout,
  fanInUniform,
  type Norm,
  normalize,
  type Scope,
} from "../layers/mod.ts";
import { add, reshape } from "../ops/mod.ts";

export interface BlockOptions {
  readonly channels: number;
  readonly norm: Norm;
  readonly groups: number;
  readonly activation: Activation;
  readonly dropout: number;
}

/**
 * x + conv(act(norm(conv(act(norm(x))) + time))), convolutions 3x3, with a 1x1 convolution on the way of x where
 * the number of channels changes. `time` [N, channels] or [1, channels] is the block's
 * projection of the timestep embedding.
 */
export function residualBlock(
  scope: Scope,
  x: Tensor,
  time: Tensor,
  { channels, norm, groups, activation, dropout: rate }: BlockOptions,
): Tensor {
  const normed = (name: string, h: Tensor) =>
    activate(activation, normalize(norm, scope.child(name), h, { groups }));
  const conv1 = scope.child("conv1");
  const h = conv2d(conv1, normed("norm1", x), channels, { kernel: 3, bias: false });
  // The bias joins the small tensor: one addition over the feature map instead of two.
  const bias = conv1.parameter("bias", [channels], fanInUniform(x.shape[1] * 9));
  const shift = reshape(add(time, bias), [time.shape[0], channels, 1, 1]);
  const dropped = dropout(scope.child("dropout"), normed("norm2", add(h, shift)), rate);
  const y = conv2d(scope.child("conv2"), dropped, channels, { kernel: 3 });
  const straight = x.shape[1] === channels
    ? x
    : conv2d(scope.child("skip"), x, channels, { kernel: 1 });
  return add(y, straight);
}
