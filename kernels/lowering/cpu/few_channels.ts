/** CPU lowering of 3x3 convolutions at the ends of a network, where one side has very few channels. */
import type { Tensor } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { concat } from "../../ops/concat.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { pad } from "../../ops/pad.ts";
import { reshape } from "../../ops/reshape.ts";
import { split } from "../../ops/split.ts";
import { transpose } from "../../ops/transpose.ts";
import { type Blocked, extents, type Lowered } from "./value.ts";

/** Offsets of the nine taps, row by row. */
const taps = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dy, dx] as const));

/**
 * Few input channels: the nine shifted images side by side are a matrix [9 C, H W N], and the convolution is
 * one product with it. `x` is [N, C, H, W]; `weight` [3, 3, C, O]; the result is blocked.
 */
export function lowerFewInputs(x: Tensor, weight: Tensor): Lowered {
  const [images, channels, height, width] = x.shape;
  const outputs = weight.shape[3];
  const planes = transpose(x, [1, 2, 3, 0]);
  const shifted = taps.map(([dy, dx]) => shiftPlanes(planes, -dy, -dx));
  const columns = reshape(concat(shifted, 0), [9 * channels, height * width * images]);
  const product = matMul(columns, reshape(weight, [9 * channels, outputs]), { transA: true });
  return { blocked: { data: reshape(product, [height * width, images, outputs]), height, width } };
}

/**
 * Few output channels: one product gives every tap's contribution at its source position, [9 O, H W N]; shifted
 * to where they belong they add up. The result is in its own layout.
 */
export function lowerFewOutputs(x: Blocked, weight: Tensor): Lowered {
  const { positions, images, channels } = extents(x);
  const outputs = weight.shape[3];
  const perTap = reshape(transpose(weight, [0, 1, 3, 2]), [9 * outputs, channels]);
  const product = matMul(perTap, reshape(x.data, [positions * images, channels]), { transB: true });
  const planes = reshape(product, [9 * outputs, x.height, x.width, images]);
  const parts = split(planes, Array(9).fill(outputs), 0);
  const shifted = parts.map((part, tap) => shiftPlanes(part, -taps[tap][0], -taps[tap][1]));
  return { plain: transpose(shifted.reduce((sum, part) => add(sum, part)), [3, 0, 1, 2]) };
}

/** Moves the images of [C, H, W, N] by whole pixels: y[h + dy, w + dx] = x[h, w], zeros where none arrives. */
function shiftPlanes(planes: Tensor, dy: number, dx: number): Tensor {
  return dy === 0 && dx === 0 ? planes : pad(planes, [0, dy, dx, 0, 0, -dy, -dx, 0]);
}
