/** The transposed convolution layer over [N, C, H, W]. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { convTranspose, transpose } from "../ops/mod.ts";
import { addPerChannel, type Conv2dOptions } from "./conv2d.ts";
import { fanInUniform } from "./init.ts";
import type { Scope } from "./scope.ts";

/**
 * [N, I, H, W] to [N, O, H', W'] with H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1;
 * padding is 0 without it. The parameter `weight` is kept as [kernel, kernel, I, O / groups].
 */
export function convTranspose2d(
  scope: Scope,
  x: Tensor,
  channels: number,
  options: Conv2dOptions & { readonly outputPadding?: number | readonly [number, number] },
): Tensor {
  const { kernel, stride = 1, padding = 0, dilation = 1, groups = 1, outputPadding = 0 } = options;
  const outer = channels / groups;
  if (!Number.isInteger(outer) || x.shape[1] % groups !== 0) {
    throw new Error(`${scope.path}: ${x.shape[1]} -> ${channels} channels in ${groups} groups`);
  }
  // PyTorch's fan-in of a weight [I, O / groups, k, k] is again all but the first axis: the outputs here.
  const init = fanInUniform(outer * kernel * kernel);
  const weight = scope.parameter("weight", [kernel, kernel, x.shape[1], outer], init);
  const y = convTranspose(x, transpose(weight, [2, 3, 0, 1]), {
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    dilations: [dilation, dilation],
    outputPadding,
    group: groups,
  });
  return options.bias ?? true ? addPerChannel(y, scope.parameter("bias", [channels], init)) : y;
}
