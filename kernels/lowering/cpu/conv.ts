/**
 * CPU lowering of convolutions: which scheme computes which one. What no scheme knows stays ONNX Runtime's Conv.
 *
 *     1x1, stride 1                       one product over channels
 *     3x3, stride 1 or 2, padding 1       bilinear tables (`bilinear.ts`), three products
 *     the same after nearest upsampling   fused with it
 *     3x3, few input channels             im2col and one product
 *     3x3, few output channels            one product, then nine shifted sums
 */
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";
import type { Precision } from "./bilinear.ts";
import { byTable } from "./by_table.ts";
import { lowerFewInputs, lowerFewOutputs } from "./few_channels.ts";
import { blockedOf, extents, type Lowered, plainOf, settled } from "./value.ts";

/** Channel counts up to this go through im2col or shifted sums: a table's products would be starved. */
const FEW_CHANNELS = 8;

/** Lowers Conv without a bias operand (layers add theirs as an op of its own). */
export function lowerConv(
  node: Node,
  [x, w]: readonly Lowered[],
  precision: Precision,
): Lowered | undefined {
  const { strides, pads, dilations, group } = node.attrs as ConvAttrs;
  const [outputs, inputs, kernelHeight, kernelWidth] = node.inputs[1].shape;
  const square = kernelHeight === kernelWidth && strides[0] === strides[1];
  if (node.inputs.length > 2 || group !== 1 || dilations.some((d) => d !== 1) || !square) {
    return undefined;
  }
  const weight = transpose(plainOf(w), [2, 3, 1, 0]);
  if (kernelHeight === 1 && strides[0] === 1 && pads.every((pad) => pad === 0)) {
    return pointwise(x, weight);
  }
  if (kernelHeight !== 3 || strides[0] > 2 || pads.some((pad) => pad !== 1)) return undefined;
  if (inputs <= FEW_CHANNELS) {
    return strides[0] === 1 ? lowerFewInputs(plainOf(x), weight) : undefined;
  }
  if (outputs <= FEW_CHANNELS) {
    return strides[0] === 1 ? lowerFewOutputs(settled(x), weight) : undefined;
  }
  if (strides[0] === 2) return { blocked: byTable(settled(x), weight, "stride2") };
  if (x.doubledFrom) return { blocked: byTable(settled(x.doubledFrom), weight, "upsampled") };
  return { blocked: byTable(settled(x), weight, "stride1", precision) };
}

interface ConvAttrs {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
}

/** y = x W over channels; a pending shift goes through the same product. */
function pointwise(x: Lowered, weight: Tensor): Lowered {
  const { shift, ...image } = blockedOf(x);
  const { positions, images, channels } = extents(image);
  const outputs = weight.shape[3];
  const matrix = reshape(weight, [channels, outputs]);
  const product = matMul(reshape(image.data, [positions * images, channels]), matrix);
  return {
    blocked: {
      ...image,
      data: reshape(product, [positions, images, outputs]),
      shift: shift && matMul(shift, matrix),
    },
  };
}
