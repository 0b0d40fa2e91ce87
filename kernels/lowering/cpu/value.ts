/**
 * What a tensor of the symbolic graph becomes on CPU: the tensor itself, or an image in the blocked layout.
 *
 * Blocked layout: [H*W, N, C], position-major, channels last, so that every convolution is a few matrix products
 * and a sum over positions is one. A blocked image may carry a pending shift, a number per image and channel
 * that is still to be added at every position: biases and time embeddings end up there, and a normalisation
 * absorbs them without a pass over the image.
 */
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import { add } from "../../ops/add.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";

/** An image [N, C, H, W], held as [H*W, N, C]. */
export interface Blocked {
  readonly data: Tensor;
  readonly height: number;
  readonly width: number;
  /** [N, C] or [1, C], still to be added. */
  readonly shift?: Tensor;
}

/** A lowered tensor, in one layout or both. */
export interface Lowered {
  plain?: Tensor;
  blocked?: Blocked;
  /** This image is that one, doubled by nearest neighbour: a convolution that follows takes the small one. */
  readonly doubledFrom?: Lowered;
  /** This image has the same numbers [N, C] at every position: a convolution that follows takes them. */
  readonly everywhere?: Tensor;
  /** This image is those ones side by side along channels, some of them the same everywhere. */
  readonly parts?: readonly Lowered[];
}

/** Lowers one node; undefined where the node is better left in its own layout. */
export type LoweringRule = (node: Node, inputs: readonly Lowered[]) => Lowered | undefined;

/** [H*W, N, C] with N and C by name. */
export function extents(
  { data }: Blocked,
): { positions: number; images: number; channels: number } {
  const [positions, images, channels] = data.shape;
  return { positions, images, channels };
}

/** The blocked form without a pending shift. The result replaces the pending form, so it is paid once. */
export function settled(value: Lowered): Blocked {
  const blocked = blockedOf(value);
  if (!blocked.shift) return blocked;
  const { shift, ...rest } = blocked;
  return value.blocked = { ...rest, data: add(blocked.data, shift) };
}

/** The blocked form, converted from [N, C, H, W] where need be. */
export function blockedOf(value: Lowered): Blocked {
  if (value.blocked) return value.blocked;
  const [images, channels, height, width] = value.plain!.shape;
  const data = reshape(transpose(value.plain!, [2, 3, 0, 1]), [height * width, images, channels]);
  return value.blocked = { data, height, width };
}

/** The tensor in its own shape, converted from the blocked form where need be. */
export function plainOf(value: Lowered): Tensor {
  if (value.plain) return value.plain;
  const blocked = settled(value);
  const { images, channels } = extents(blocked);
  const image = reshape(blocked.data, [blocked.height, blocked.width, images, channels]);
  return value.plain = transpose(image, [2, 3, 0, 1]);
}
