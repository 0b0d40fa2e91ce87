/** CPU lowering of nearest upsampling by two: a convolution that follows is computed on the small image. */
import { apply, type Node } from "../../../src/graph/tensor.ts";
import { type Lowered, plainOf } from "./value.ts";

/** Remembers the small image; the doubled one is only written if something other than a convolution asks. */
export function lowerResize(node: Node, [x]: readonly Lowered[]): Lowered | undefined {
  const [, , height, width] = node.inputs[0].shape;
  const [, , doubledHeight, doubledWidth] = node.outputs[0].shape;
  if (!x.blocked || doubledHeight !== 2 * height || doubledWidth !== 2 * width) return undefined;
  return { plain: apply(node.op, [plainOf(x)], node.attrs), doubledFrom: x };
}
