/** A simplification rule for transposes that only turn axes around, such as [N, C, H, W] to [H, W, N, C]. */
import { elementCount } from "../../../src/base/nd_array.ts";
import type { SimplifyRule } from "../../../src/graph/simplify.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";

/**
 * Such a transpose is one of a matrix, for which ONNX Runtime has a kernel of its own: 0.09 against 0.93 milliseconds
 * for [4, 4, 128, 128], 1.5 against 5.5 for [16, 16, 64, 96], one thread. To be applied last, when transposes that
 * follow one another have been merged.
 */
export const flatTranspose: SimplifyRule = ({ op, inputs: [a], outputs: [y], attrs }) => {
  if (op !== transpose) return undefined;
  const perm = attrs.perm as readonly number[];
  const front = perm[0];
  const turns = perm.every((axis, i) => axis === (front + i) % perm.length);
  if (!turns || perm.length < 3) return undefined;
  const rows = elementCount(a.shape.slice(0, front));
  const matrix = reshape(a, [rows, elementCount(a.shape) / rows]);
  return reshape(transpose(matrix, [1, 0]), y.shape);
};
