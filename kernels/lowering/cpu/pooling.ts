/** CPU lowering of pooling in the blocked layout. */
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import type { AveragePoolOptions } from "../../ops/average_pool.ts";
import { max } from "../../ops/max.ts";
import { pad } from "../../ops/pad.ts";
import { reshape } from "../../ops/reshape.ts";
import { split } from "../../ops/split.ts";
import type { WindowAttrs } from "../../ops/windows.ts";
import { addAt, type Matrix, zeroMatrix } from "./matrix.ts";
import { transformBoth } from "./transform.ts";
import { extents, type Lowered, settled } from "./value.ts";

type PoolAttrs = WindowAttrs & { readonly kernel: readonly number[] };

/** AveragePool of a blocked image: a matrix of shares along each axis. */
export function lowerAveragePool(node: Node, [x]: readonly Lowered[]): Lowered | undefined {
  if (!x.blocked || node.inputs[0].shape.length !== 4) return undefined;
  const attrs = node.attrs as PoolAttrs & Required<Pick<AveragePoolOptions, "countPads">>;
  const image = settled(x);
  const { images, channels } = extents(image);
  const [, , height, width] = node.outputs[0].shape;
  const down = shares(0, image.height, height, attrs);
  const across = shares(1, image.width, width, attrs);
  const y = transformBoth(image.data, down, across, images * channels);
  return { blocked: { data: reshape(y, [height * width, images, channels]), height, width } };
}

/** [outputs, inputs]: the share of each input in each mean. */
function shares(
  axis: 0 | 1,
  inputs: number,
  outputs: number,
  { kernel, strides, pads, dilations, countPads }: PoolAttrs & { readonly countPads: boolean },
): Matrix {
  const matrix = zeroMatrix(outputs, inputs);
  for (let i = 0; i < outputs; i++) {
    const places = Array.from(
      { length: kernel[axis] },
      (_, k) => i * strides[axis] - pads[axis] + k * dilations[axis],
    );
    const inside = places.filter((place) => place >= 0 && place < inputs);
    const share = 1 / (countPads ? kernel[axis] : inside.length);
    inside.forEach((place) => addAt(matrix, i, place, share));
  }
  return matrix;
}

/**
 * MaxPool of a blocked image with windows that lie side by side: the maximum of slices, columns first. Where several
 * are the largest, the gradient goes to the first in row-major order, as the op's own does.
 */
export function lowerMaxPool(node: Node, [x]: readonly Lowered[]): Lowered | undefined {
  const { kernel: [kh, kw], strides, pads, dilations } = node.attrs as PoolAttrs;
  const sideBySide = strides[0] === kh && strides[1] === kw &&
    [...pads, ...dilations.map((d) => d - 1)].every((extra) => extra === 0);
  if (!x.blocked || node.inputs[0].shape.length !== 4 || !sideBySide) return undefined;
  const { shift, ...image } = x.blocked;
  const { images, channels } = extents(image);
  const [, , height, width] = node.outputs[0].shape;
  const rest = images * channels;
  // Rows and columns that no window reaches are cropped.
  const whole = pad(reshape(image.data, [image.height, image.width, rest]), [
    ...[0, 0, 0],
    ...[kh * height - image.height, kw * width - image.width, 0],
  ]);
  const columns = largest(reshape(whole, [kh * height, width, kw, rest]), 2);
  const rows = largest(reshape(columns, [height, kh, width * rest]), 1);
  const data = reshape(rows, [height * width, images, channels]);
  // A shift moves all elements of a window alike.
  return { blocked: { data, height, width, shift } };
}

/** The maximum along an axis, which stays with extent 1. */
function largest(tensor: Tensor, axis: number): Tensor {
  const extent = tensor.shape[axis];
  if (extent === 1) return tensor;
  return split(tensor, Array(extent).fill(1), axis).reduce((a, b) => max(a, b));
}
