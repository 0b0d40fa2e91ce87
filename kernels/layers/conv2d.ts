/** The convolution layer over [N, C, H, W]. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, conv, reshape, transpose } from "../ops/mod.ts";
import { fanInUniform } from "./init.ts";
import type { Scope } from "./scope.ts";

/** Extents are the same in both directions; names as in PyTorch's Conv2d. */
export interface Conv2dOptions {
  readonly kernel: number;
  readonly stride?: number;
  /** Zeros on each side; what keeps the size at stride 1, (kernel - 1) dilation / 2, without it. */
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly bias?: boolean;
}

/**
 * [N, I, H, W] to [N, O, H', W'] with H' = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
 *
 * The parameter `weight` is kept as [kernel, kernel, I / groups, O], the layout in which the CPU lowering uses
 * it without a transpose; the bias is an addition of its own, so that a lowering can move it.
 */
export function conv2d(scope: Scope, x: Tensor, channels: number, options: Conv2dOptions): Tensor {
  const { kernel, stride = 1, dilation = 1, groups = 1, bias = true } = options;
  const padding = options.padding ?? ((kernel - 1) * dilation) >> 1;
  const inner = x.shape[1] / groups;
  if (!Number.isInteger(inner) || channels % groups !== 0) {
    throw new Error(`${scope.path}: ${x.shape[1]} -> ${channels} channels in ${groups} groups`);
  }
  // PyTorch's fan-in of a weight [O, I / groups, k, k]: all but the first axis.
  const init = fanInUniform(inner * kernel * kernel);
  const weight = scope.parameter("weight", [kernel, kernel, inner, channels], init);
  const y = conv(x, transpose(weight, [3, 2, 0, 1]), {
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    dilations: [dilation, dilation],
    group: groups,
  });
  return bias ? addPerChannel(y, scope.parameter("bias", [channels], init)) : y;
}

/** x [N, C, H, W] + b [C]. */
export function addPerChannel(x: Tensor, b: Tensor): Tensor {
  return add(x, reshape(b, [1, b.shape[0], 1, 1]));
}
