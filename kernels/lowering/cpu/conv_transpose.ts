/**
 * CPU lowering of transposed convolutions. Each of the s s' phases of the output is a stride-1 convolution of the input
 * with the taps of one remainder; all of them are one convolution with s s' times the channels, which `depthToSpace`
 * then spreads over the pixels.
 */
import type { Node } from "../../../src/graph/tensor.ts";
import type { ConvTransposeAttrs } from "../../ops/conv_transpose.ts";
import { transpose } from "../../ops/transpose.ts";
import type { Precision } from "./bilinear.ts";
import { FEW_OUTPUTS, isOrdinary, withBias } from "./conv.ts";
import { convolveByTable } from "./convolve.ts";
import {
  depthToSpace,
  type Pair,
  planesToSpace,
  scatteredWeight,
  tapsPerPhase,
} from "./depth_space.ts";
import { convolveFewOutputs } from "./few_channels.ts";
import { type Lowered, plainOf, settled } from "./value.ts";

/** Lowers ConvTranspose over two spatial axes. */
export function lowerConvTranspose(
  node: Node,
  [x, w, bias]: readonly Lowered[],
  precision: Precision,
): Lowered | undefined {
  if (!isOrdinary(node)) return undefined;
  const { strides: [s, t], pads } = node.attrs as ConvTransposeAttrs;
  const strides: Pair = [s, t];
  const weight = transpose(plainOf(w), [2, 3, 0, 1]);
  const [, outputs, height, width] = node.outputs[0].shape;
  const scattered = scatteredWeight(weight, strides);
  // Output o = s q + f - pad: q runs from the first to the last that is needed, and what sticks out is cut off.
  const first = [Math.floor(pads[0] / s), Math.floor(pads[1] / t)];
  const cut: Pair = [pads[0] - s * first[0], pads[1] - t * first[1]];
  const taps = tapsPerPhase(weight, strides);
  const travel = {
    strides: [1, 1],
    before: [taps[0] - 1 - first[0], taps[1] - 1 - first[1]],
    size: [Math.ceil((height + cut[0]) / s), Math.ceil((width + cut[1]) / t)],
  } as const;
  const image = settled(x);
  if (outputs <= FEW_OUTPUTS) {
    const phases = convolveFewOutputs(image, scattered, travel);
    const planes = planesToSpace(phases, strides, cut, [height, width]);
    return withBias({ plain: transpose(planes, [3, 0, 1, 2]) }, bias);
  }
  const phases = convolveByTable(image, scattered, travel, precision);
  return withBias({ blocked: depthToSpace(phases, strides, cut, [height, width]) }, bias);
}
