/**
 * CPU lowering of planes that are the same at every position, as a label's beside an image. Such a plane goes into a
 * convolution as one number per image: no plane is written, and none goes through im2col.
 */
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import { apply } from "../../../src/graph/tensor.ts";
import { expand } from "../../ops/expand.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reshape } from "../../ops/reshape.ts";
import type { Travel } from "./convolve.ts";
import type { Pair } from "./depth_space.ts";
import { addAt, kronecker, type Matrix, matrixConstant, zeroMatrix } from "./matrix.ts";
import { type Blocked, type Lowered, plainOf } from "./value.ts";

/** Expand of [N, C, 1, 1] over positions: remembers the numbers. */
export function lowerExpand(node: Node, [x]: readonly Lowered[]): Lowered | undefined {
  const [images, channels, height, width] = node.outputs[0].shape;
  const from = node.inputs[0].shape;
  if (from.length !== 4 || from[2] !== 1 || from[3] !== 1 || height * width === 1) {
    return undefined;
  }
  const numbers = reshape(plainOf(x), [from[0], from[1]]);
  return {
    plain: apply(node.op, [plainOf(x)], node.attrs),
    everywhere: expand(numbers, [images, channels]),
  };
}

/**
 * The convolution of constant planes [N, C] of an image of the given extents with weight [kh, kw, C, O]: at each
 * position the numbers times the sum of the taps that lie inside the image.
 */
export function convolvePlanes(
  numbers: Tensor,
  weight: Tensor,
  { strides, before, size }: Travel,
  extents: Pair,
): Blocked {
  const [kh, kw, channels, outputs] = weight.shape;
  const inside = kronecker(
    tapsInside(kh, strides[0], before[0], size[0], extents[0]),
    tapsInside(kw, strides[1], before[1], size[1], extents[1]),
  );
  const flat = reshape(weight, [kh * kw, channels * outputs]);
  const sums = matMul(matrixConstant(inside), flat);
  const [height, width] = size;
  const data = matMul(numbers, reshape(sums, [height * width, channels, outputs]));
  return { data, height, width };
}

/** [positions, taps]: 1 where a tap meets a pixel, 0 where it meets padding. */
function tapsInside(
  kernel: number,
  stride: number,
  before: number,
  positions: number,
  extent: number,
): Matrix {
  const matrix = zeroMatrix(positions, kernel);
  for (let i = 0; i < positions; i++) {
    for (let k = 0; k < kernel; k++) {
      const pixel = stride * i + k - before;
      if (pixel >= 0 && pixel < extent) addAt(matrix, i, k, 1);
    }
  }
  return matrix;
}
