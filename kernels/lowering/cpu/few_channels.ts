/** CPU lowering of convolutions at the ends of a network, where one side has very few channels. */
import type { Tensor } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { concat } from "../../ops/concat.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { pad } from "../../ops/pad.ts";
import { reshape } from "../../ops/reshape.ts";
import { slice } from "../../ops/slice.ts";
import { split } from "../../ops/split.ts";
import { transpose } from "../../ops/transpose.ts";
import type { Travel } from "./convolve.ts";
import type { Pair } from "./depth_space.ts";
import { type Blocked, extents } from "./value.ts";

/**
 * Few input channels: the shifted images of all taps side by side are a matrix [kh kw C, H W N], and the convolution
 * is one product with it. `x` is [N, C, H, W]; `weight` [kh, kw, C, O]; the result is blocked.
 */
export function convolveFewInputs(x: Tensor, weight: Tensor, travel: Travel): Blocked {
  const [images, channels] = x.shape;
  const [kh, kw, , outputs] = weight.shape;
  const { strides: [s, t], size: [height, width] } = travel;
  const planes = reach(transpose(x, [1, 2, 3, 0]), [kh, kw], travel);
  const shifted = tapsOf(kh, kw).map(([dy, dx]) =>
    slice(planes, [dy, dx], [dy + s * (height - 1) + 1, dx + t * (width - 1) + 1], [1, 2], [s, t])
  );
  const columns = reshape(concat(shifted, 0), [kh * kw * channels, height * width * images]);
  const product = matMul(columns, reshape(weight, [kh * kw * channels, outputs]), { transA: true });
  return { data: reshape(product, [height * width, images, outputs]), height, width };
}

/**
 * Few output channels at stride 1: one product gives every tap's contribution at its source position, [kh kw O, H W N];
 * shifted to where they belong they add up. The result is [O, height, width, N].
 */
export function convolveFewOutputs(
  x: Blocked,
  weight: Tensor,
  { before, size }: Pick<Travel, "before" | "size">,
): Tensor {
  const { positions, images, channels } = extents(x);
  const [kh, kw, , outputs] = weight.shape;
  const perTap = reshape(transpose(weight, [0, 1, 3, 2]), [kh * kw * outputs, channels]);
  const product = matMul(perTap, reshape(x.data, [positions * images, channels]), { transB: true });
  const planes = reshape(product, [kh * kw * outputs, x.height, x.width, images]);
  const taps = tapsOf(kh, kw);
  const parts = taps.length === 1 ? [planes] : split(planes, taps.map(() => outputs), 0);
  const shifted = parts.map((part, tap) => {
    const [top, left] = [before[0] - taps[tap][0], before[1] - taps[tap][1]];
    return pad(part, [0, top, left, 0, 0, size[0] - x.height - top, size[1] - x.width - left, 0]);
  });
  return shifted.reduce((sum, part) => add(sum, part));
}

/** Planes [C, H, W, N] with zeros around them, cut to what the kernel reaches. */
function reach(planes: Tensor, [kh, kw]: Pair, { strides, before, size }: Travel): Tensor {
  const [, height, width] = planes.shape;
  const after = [
    strides[0] * (size[0] - 1) + kh - before[0] - height,
    strides[1] * (size[1] - 1) + kw - before[1] - width,
  ];
  return pad(planes, [0, ...before, 0, 0, ...after, 0]);
}

/** Offsets of the taps, row by row. */
function tapsOf(kh: number, kw: number): Pair[] {
  return Array.from({ length: kh * kw }, (_, tap) => [Math.floor(tap / kw), tap % kw] as const);
}
