/** CPU lowering of a concatenation over channels: the last axis of the blocked layout, shifts beside. */
import { filled } from "../../../src/graph/sources.ts";
import { apply, type Node, type Tensor } from "../../../src/graph/tensor.ts";
import { concat } from "../../ops/concat.ts";
import { expand } from "../../ops/expand.ts";
import { type Blocked, blockedOf, extents, type Lowered, plainOf } from "./value.ts";

/** Concat along axis 1 of images of which at least one is blocked, or the same at every position. */
export function lowerConcat(node: Node, inputs: readonly Lowered[]): Lowered | undefined {
  const { shape } = node.outputs[0];
  const alongChannels = shape.length === 4 && (node.attrs.axis === 1 || node.attrs.axis === -3);
  if (!alongChannels) return undefined;
  const parts = inputs.some((input) => input.everywhere) ? inputs : undefined;
  if (!inputs.some((input) => input.blocked)) {
    return parts && { plain: apply(node.op, inputs.map(plainOf), node.attrs), parts };
  }
  const images = inputs.map(blockedOf);
  const data = concat(images.map((image) => image.data), 2);
  return { blocked: { ...images[0], data, shift: joinShifts(images) }, parts };
}

/** The shifts side by side; zeros where an image has none. */
function joinShifts(images: readonly Blocked[]): Tensor | undefined {
  if (!images.some((image) => image.shift)) return undefined;
  const rows = Math.max(...images.map((image) => image.shift?.shape[0] ?? 1));
  const parts = images.map((image) => {
    const { channels } = extents(image);
    return image.shift ? expand(image.shift, [rows, channels]) : filled([rows, channels], 0);
  });
  return concat(parts, 1);
}
