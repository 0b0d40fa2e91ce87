/** A convolution over images beside constant planes, one for each number of a condition, which are never made. */
import { float32 } from "../../src/base/nd_array.ts";
import { constant } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, conv, matMul, reshape, slice, transpose } from "../ops/mod.ts";
import { addPerChannel, conv2d, type Conv2dOptions } from "./conv2d.ts";
import { fanInUniform } from "./init.ts";
import type { Scope } from "./scope.ts";

/**
 * The same as `conv2d` of x [N, C, H, W] concatenated with Z planes of the numbers in `condition` [N, Z], with the
 * same parameters: `weight` [k, k, C + Z, O], `bias` [O]. A convolution is linear, and a constant plane is its number
 * times a plane of ones; so the planes' part is the condition times the response to that one plane, [Z, O] at each
 * position. S4's first layer convolves 1 channel instead of 11.
 */
export function convBesidePlanes(
  scope: Scope,
  x: Tensor,
  condition: Tensor | undefined,
  channels: number,
  options: Pick<Conv2dOptions, "kernel" | "stride" | "padding">,
): Tensor {
  if (!condition) return conv2d(scope, x, channels, options);
  const { kernel, stride = 1, padding = (kernel - 1) >> 1 } = options;
  const [, inputs, ...size] = x.shape, planes = condition.shape[1];
  const init = fanInUniform((inputs + planes) * kernel * kernel);
  const weight = scope.parameter("weight", [kernel, kernel, inputs + planes, channels], init);
  const windows = { strides: [stride, stride], pads: Array<number>(4).fill(padding) };
  const own = slice(weight, [0], [inputs], [2]);
  const y = conv(x, transpose(own, [3, 2, 0, 1]), windows);
  const theirs = transpose(slice(weight, [inputs], [inputs + planes], [2]), [2, 3, 0, 1]);
  const filters = reshape(theirs, [planes * channels, 1, kernel, kernel]);
  const response = conv(onePlane(size), filters, windows);
  // Positions first, then a product per position: the layout in which the CPU lowering holds images.
  const [, , height, width] = y.shape;
  const table = reshape(transpose(response, [2, 3, 0, 1]), [height * width, planes, channels]);
  const added = reshape(matMul(condition, table), [height, width, x.shape[0], channels]);
  const whole = add(y, transpose(added, [2, 3, 0, 1]));
  return addPerChannel(whole, scope.parameter("bias", [channels], init));
}

/** [1, 1, H, W] of ones. */
function onePlane([height, width]: readonly number[]): Tensor {
  return constant(float32([1, 1, height, width], new Float32Array(height * width).fill(1)));
}
