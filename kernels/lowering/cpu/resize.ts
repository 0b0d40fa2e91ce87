/** CPU lowering of nearest upsampling: a 3x3 convolution after doubling is computed on the small image. */
import type { Node } from "../../../src/graph/tensor.ts";
import { expand } from "../../ops/expand.ts";
import { reshape } from "../../ops/reshape.ts";
import { extents, type Lowered } from "./value.ts";

/**
 * Repeats the pixels of a blocked image, and remembers the small one where it is doubled: the large one is only
 * computed if something other than such a convolution asks.
 */
export function lowerResize(node: Node, [x]: readonly Lowered[]): Lowered | undefined {
  if (!x.blocked) return undefined;
  const { data, height, width, shift } = x.blocked;
  const { images, channels } = extents(x.blocked);
  const [down, across] = node.attrs.scales as readonly number[];
  const rest = images * channels;
  const repeated = expand(
    reshape(data, [height, 1, width, 1, rest]),
    [height, down, width, across, rest],
  );
  const size = { height: down * height, width: across * width };
  const large = reshape(repeated, [size.height * size.width, images, channels]);
  const doubled = down === 2 && across === 2;
  return { blocked: { ...size, data: large, shift }, doubledFrom: doubled ? x : undefined };
}
