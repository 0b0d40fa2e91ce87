/**
 * Strided and transposed convolutions as stride-1 convolutions on rearranged images: every s-th pixel becomes a
 * channel, or the other way about. No arithmetic on pixels here.
 */
import type { Tensor } from "../../../src/graph/tensor.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { pad } from "../../ops/pad.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";
import { addAt, kronecker, type Matrix, matrixConstant, zeroMatrix } from "./matrix.ts";
import { type Blocked, extents } from "./value.ts";

/** Rows and columns. */
export type Pair = readonly [down: number, across: number];

/**
 * [H, W, N, C] to [h, w, N, s s' C], s = strides, h = `size`: pixel (s i + f, s' j + g) of the image that begins `before`
 * it becomes channels (f, g) at (i, j). Zeros where there is no pixel.
 */
export function spaceToDepth(x: Blocked, strides: Pair, before: Pair, size: Pair): Blocked {
  const { images, channels } = extents(x);
  const [s, t] = strides;
  const [height, width] = size;
  const sides = [
    ...[before[0], before[1], 0],
    ...[s * height - x.height - before[0], t * width - x.width - before[1], 0],
  ];
  const image = pad(reshape(x.data, [x.height, x.width, images * channels]), sides);
  const split = reshape(image, [height, s, width, t, images, channels]);
  const data = transpose(split, [0, 2, 4, 1, 3, 5]);
  return { data: reshape(data, [height * width, images, s * t * channels]), height, width };
}

/** The inverse: channels (f, g) at (i, j) become pixel (s i + f, s' j + g), of which `size` pixels from `before` on are kept. */
export function depthToSpace(x: Blocked, strides: Pair, before: Pair, size: Pair): Blocked {
  const { images, channels } = extents(x);
  const [s, t] = strides;
  const inner = channels / (s * t);
  const split = reshape(x.data, [x.height, x.width, images, s, t, inner]);
  const whole = reshape(
    transpose(split, [0, 3, 1, 4, 2, 5]),
    [s * x.height, t * x.width, images * inner],
  );
  const [height, width] = size;
  const image = pad(whole, [
    ...[-before[0], -before[1], 0],
    ...[before[0] + height - s * x.height, before[1] + width - t * x.width, 0],
  ]);
  return { data: reshape(image, [height * width, images, inner]), height, width };
}

/** `depthToSpace` of planes [s s' O, H, W, N], giving [O, height, width, N]. */
export function planesToSpace(planes: Tensor, [s, t]: Pair, before: Pair, size: Pair): Tensor {
  const [phases, height, width, images] = planes.shape;
  const inner = phases / (s * t);
  const split = reshape(planes, [s, t, inner, height, width, images]);
  const whole = reshape(
    transpose(split, [2, 3, 0, 4, 1, 5]),
    [inner, s * height, t * width, images],
  );
  return pad(whole, [
    ...[0, -before[0], -before[1], 0],
    ...[0, before[0] + size[0] - s * height, before[1] + size[1] - t * width, 0],
  ]);
}

/** w [kh, kw, C, O] of a convolution with strides s, as [n, n', s s' C, O] for the image after `spaceToDepth`. */
export function gatheredWeight(weight: Tensor, strides: Pair): Tensor {
  const [kh, kw, channels, outputs] = weight.shape;
  const [n, m] = tapsPerPhase(weight, strides);
  const rows = rearranged(
    weight,
    phaseRows(kh, strides[0], false),
    phaseRows(kw, strides[1], false),
  );
  const split = reshape(rows, [n, strides[0], m, strides[1], channels, outputs]);
  const joined = strides[0] * strides[1] * channels;
  return reshape(transpose(split, [0, 2, 1, 3, 4, 5]), [n, m, joined, outputs]);
}

/**
 * w [kh, kw, C, O] of a transposed convolution with strides s, as [n, n', C, s s' O]: the taps of one remainder, in
 * reverse, make one phase of the output.
 */
export function scatteredWeight(weight: Tensor, strides: Pair): Tensor {
  const [kh, kw, channels, outputs] = weight.shape;
  const [n, m] = tapsPerPhase(weight, strides);
  const rows = rearranged(weight, phaseRows(kh, strides[0], true), phaseRows(kw, strides[1], true));
  const split = reshape(rows, [n, strides[0], m, strides[1], channels, outputs]);
  const joined = strides[0] * strides[1] * outputs;
  return reshape(transpose(split, [0, 2, 4, 1, 3, 5]), [n, m, channels, joined]);
}

/** Taps that one phase of a strided kernel has along each axis. */
export function tapsPerPhase({ shape: [kh, kw] }: Tensor, strides: Pair): Pair {
  return [Math.ceil(kh / strides[0]), Math.ceil(kw / strides[1])];
}

/** Taps picked by a matrix per axis. */
function rearranged(weight: Tensor, down: Matrix, across: Matrix): Tensor {
  const [kh, kw, channels, outputs] = weight.shape;
  const picks = matrixConstant(kronecker(down, across));
  return matMul(picks, reshape(weight, [kh * kw, channels * outputs]));
}

/** Row j s + f picks tap s j + f, or s (n - 1 - j) + f in reverse; nothing where the kernel has no such tap. */
function phaseRows(kernel: number, stride: number, reverse: boolean): Matrix {
  const taps = Math.ceil(kernel / stride);
  const picks = zeroMatrix(taps * stride, kernel);
  for (let j = 0; j < taps; j++) {
    for (let phase = 0; phase < stride; phase++) {
      addAt(picks, j * stride + phase, stride * (reverse ? taps - 1 - j : j) + phase, 1);
    }
  }
  return picks;
}
