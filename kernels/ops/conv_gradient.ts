/** The gradients that Conv and ConvTranspose share: those of the weights and of the bias; not an op. */
import type { Shape, Tensor } from "../../src/graph/tensor.ts";
import { conv, type ConvAttrs } from "./conv.ts";
import { reduceSum } from "./reduce_sum.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { transpose } from "./transpose.ts";

/**
 * dw[o, c, k] = sum over n, t of dy[n, o, t] x[n, c, t stride + k dilation - pad], of the shape `weights`.
 *
 * This is itself a convolution: the batch is summed over as channels are, dy are the weights, and stride and
 * dilation change places. A group keeps its own batch: x becomes [C / group, group N, ...], dy [O, N, ...].
 */
export function filterGradient(x: Tensor, dy: Tensor, weights: Shape, attrs: ConvAttrs): Tensor {
  const { strides, pads, dilations, group } = attrs;
  const [batch, channels, ...extents] = x.shape;
  const spatial = extents.map((_, i) => i + 2);
  const kernel = weights.slice(2);
  const perGroup = channels / group;
  const grouped = transpose(
    reshape(x, [batch, group, perGroup, ...extents]),
    [2, 1, 0, ...spatial.map((axis) => axis + 1)],
  );
  const swapped = [1, 0, ...spatial];
  // The last pad is what makes exactly `kernel` positions; what would be negative is cut off afterwards.
  const after = kernel.map((k, i) => {
    const span = strides[i] * (dy.shape[i + 2] - 1) + 1;
    return Math.max(0, dilations[i] * (k - 1) + span - extents[i] - pads[i]);
  });
  const found = conv(
    reshape(grouped, [perGroup, group * batch, ...extents]),
    transpose(dy, swapped),
    {
      strides: dilations,
      dilations: strides,
      pads: [...pads.slice(0, kernel.length), ...after],
      group,
    },
  );
  return slice(transpose(found, swapped), kernel.map(() => 0), kernel, spatial);
}

/** db: the sum over everything but the channels. */
export function sumToChannels(ct: Tensor): Tensor {
  return reduceSum(ct, ct.shape.map((_, axis) => axis).filter((axis) => axis !== 1));
}
