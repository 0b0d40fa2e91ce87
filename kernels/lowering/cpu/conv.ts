/**
 * CPU lowering of convolutions: which scheme computes which one. Groups and dilation stay ONNX Runtime's own Conv.
 *
 *     1x1, stride 1                        one product over channels
 *     an image beside constant planes      the image by itself, the planes as one number per image
 *     few input channels                   im2col and one product
 *     few output channels, stride 1        one product, then a shifted sum per tap
 *     any kernel, stride 1                 bilinear tables (`bilinear.ts`), three products
 *     3x3 after nearest upsampling by two  fused with it
 *     any kernel, stride s                 tables over the s phases, or stride 1 after `spaceToDepth`: what costs less
 */
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import type { ConvAttrs } from "../../ops/conv.ts";
import { add } from "../../ops/add.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reshape } from "../../ops/reshape.ts";
import { slice } from "../../ops/slice.ts";
import { transpose } from "../../ops/transpose.ts";
import type { Precision } from "./bilinear.ts";
import { convolvePlanes } from "./constant_planes.ts";
import { convolveByTable, convolveDoubled, type Travel } from "./convolve.ts";
import type { Pair } from "./depth_space.ts";
import { convolveFewInputs, convolveFewOutputs } from "./few_channels.ts";
import { type Blocked, blockedOf, extents, type Lowered, plainOf, settled } from "./value.ts";

/**
 * Channel counts up to this go through im2col or shifted sums: a table's products would be starved. Inputs may be more,
 * because the image and the planes of a label come together (1 + 10 in a class-conditional VAE).
 */
const FEW_INPUTS = 12;
export const FEW_OUTPUTS = 8;

/** Lowers Conv over two spatial axes. */
export function lowerConv(
  node: Node,
  [x, w, bias]: readonly Lowered[],
  precision: Precision,
): Lowered | undefined {
  if (!isOrdinary(node)) return undefined;
  const { strides, pads } = node.attrs as ConvAttrs;
  const [, , height, width] = node.outputs[0].shape;
  const travel: Travel = {
    strides: [strides[0], strides[1]],
    before: [pads[0], pads[1]],
    size: [height, width],
  };
  const weight = transpose(plainOf(w), [2, 3, 1, 0]);
  const [, , ...extents] = node.inputs[0].shape;
  const y = convolveParts(x, weight, travel, pads, precision, [extents[0], extents[1]]) ??
    convolve(x, weight, travel, pads, precision);
  return withBias(y, bias);
}

/** What Conv and ConvTranspose need for this lowering: images, one group, no dilation. */
export function isOrdinary({ inputs, attrs }: Node): boolean {
  const { dilations, group } = attrs as ConvAttrs;
  return inputs[0].shape.length === 4 && group === 1 && dilations.every((d) => d === 1);
}

/** A bias operand [O] becomes a pending shift. */
export function withBias(y: Lowered, bias: Lowered | undefined): Lowered {
  if (!bias) return y;
  const image = settled(y);
  return { blocked: { ...image, shift: reshape(plainOf(bias), [1, extents(image).channels]) } };
}

/** An image beside constant planes: each by itself, if the image is one and the result is blocked. */
function convolveParts(
  x: Lowered,
  weight: Tensor,
  travel: Travel,
  pads: readonly number[],
  precision: Precision,
  extents: Pair,
): Lowered | undefined {
  const parts = x.parts;
  if (!parts || weight.shape[3] <= FEW_OUTPUTS) return undefined;
  if (parts.filter((part) => !part.everywhere).length !== 1) return undefined;
  let start = 0;
  const results = parts.map((part) => {
    const end = start + channelsOf(part);
    const own = slice(weight, [start], [end], [2]);
    start = end;
    return part.everywhere
      ? convolvePlanes(part.everywhere, own, travel, extents)
      : settled(convolve(part, own, travel, pads, precision));
  });
  return {
    blocked: results.reduce((sum, { data }) => ({ ...sum, data: add(sum.data, data) })),
  };
}

function channelsOf({ everywhere, plain, blocked }: Lowered): number {
  return everywhere?.shape[1] ?? plain?.shape[1] ?? blocked!.data.shape[2];
}

function convolve(
  x: Lowered,
  weight: Tensor,
  travel: Travel,
  pads: readonly number[],
  precision: Precision,
): Lowered {
  const [kh, kw, inputs, outputs] = weight.shape;
  const still = travel.strides.every((stride) => stride === 1);
  if (kh === 1 && kw === 1 && still && pads.every((rows) => rows === 0)) {
    return { blocked: pointwise(blockedOf(x), weight) };
  }
  if (inputs <= FEW_INPUTS) return { blocked: convolveFewInputs(plainOf(x), weight, travel) };
  if (outputs <= FEW_OUTPUTS && still) {
    const planes = convolveFewOutputs(settled(x), weight, travel);
    return { plain: transpose(planes, [3, 0, 1, 2]) };
  }
  const centred = kh === 3 && kw === 3 && still && pads.every((rows) => rows === 1);
  if (x.doubledFrom && centred) {
    return { blocked: convolveDoubled(settled(x.doubledFrom), weight, precision) };
  }
  return { blocked: convolveByTable(settled(x), weight, travel, precision) };
}

/** y = x W over channels; a pending shift goes through the same product. */
function pointwise({ shift, ...image }: Blocked, weight: Tensor): Blocked {
  const { positions, images, channels } = extents(image);
  const outputs = weight.shape[3];
  const matrix = reshape(weight, [channels, outputs]);
  const product = matMul(reshape(image.data, [positions * images, channels]), matrix);
  return {
    ...image,
    data: reshape(product, [positions, images, outputs]),
    shift: shift && matMul(shift, matrix),
  };
}
