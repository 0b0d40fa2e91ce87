/**
 * The gradient of a convolution's weights as matrix products over gathered windows ("im2col"), for CUDA.
 *
 *     dw[o, c, k] = sum over n, t of dy[n, o, t] x[n, c, t stride + k dilation - pad]
 *
 * `kernels/ops/conv_gradient.ts` writes the same sum as a convolution whose windows are as large as the images;
 * cuDNN would compute that with a handful of thread blocks, because there are only kernel x channels outputs and
 * all work lies in the sum. A product of this shape cuBLAS divides along the sum.
 */
import { elementCount, typedArray } from "../../../src/base/nd_array.ts";
import { halfBits, isHalf } from "../../../src/base/half.ts";
import { constant } from "../../../src/graph/sources.ts";
import type { Shape, Tensor } from "../../../src/graph/tensor.ts";
import { conv, type ConvAttrs } from "../../ops/conv.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reduceSum } from "../../ops/reduce_sum.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";

/**
 * From this number of positions on, each image has a product of its own and the results are summed; below it, a
 * product would have too short a sum, and all images go into one.
 */
const POSITIONS_FOR_ONE_IMAGE = 64;

/** dw of the shape `weights` [O, C, ...kernel] from x [N, C, ...] and dy [N, O, ...]; one group. */
export function filterGradientByProduct(
  x: Tensor,
  dy: Tensor,
  weights: Shape,
  attrs: ConvAttrs,
): Tensor {
  const [outputs, channels, ...kernel] = weights;
  const [images] = x.shape;
  const positions = elementCount(dy.shape.slice(2));
  const columns = channels * elementCount(kernel);
  const windows = gatherWindows(x, positions, kernel, attrs);
  if (positions >= POSITIONS_FOR_ONE_IMAGE) {
    const each = matMul(
      reshape(dy, [images, outputs, positions]),
      reshape(windows, [images, columns, positions]),
      { transB: true },
    );
    return reshape(reduceSum(each, [0]), weights);
  }
  const together = (tensor: Tensor, rows: number) =>
    reshape(
      transpose(reshape(tensor, [images, rows, positions]), [1, 0, 2]),
      [rows, images * positions],
    );
  const product = matMul(together(dy, outputs), together(windows, columns), { transB: true });
  return reshape(product, weights);
}

/**
 * What each place of the kernel sees, [N C, K, T]: the convolution of every channel by itself with K kernels, each
 * a single 1. One operator for padding, stride and dilation, where slices would be K.
 */
function gatherWindows(x: Tensor, positions: number, kernel: Shape, attrs: ConvAttrs): Tensor {
  const places = elementCount(kernel);
  const [images, channels, ...extents] = x.shape;
  const isPointwise = places === 1 && elementCount(extents) === positions;
  if (isPointwise) return x;
  const apart = reshape(x, [images * channels, 1, ...extents]);
  return conv(apart, oneHot(kernel, x.dtype), { ...attrs, group: 1 });
}

/** [K, 1, ...kernel]: kernel k is 1 at place k, else 0. */
function oneHot(kernel: Shape, dtype: Tensor["dtype"]): Tensor {
  const places = elementCount(kernel);
  const data = typedArray(dtype, places * places);
  const one = isHalf(dtype) ? halfBits(1, dtype) : 1;
  for (let place = 0; place < places; place++) data[place * (places + 1)] = one;
  return constant({ dtype, shape: [places, 1, ...kernel], data });
}
