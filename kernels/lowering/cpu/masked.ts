/** A simplification rule for choices between a tensor and zero, which the gradients of ReLU and maxima are. */
import { sameShape } from "../../../src/graph/shape.ts";
import type { SimplifyRule } from "../../../src/graph/simplify.ts";
import { scalarValue } from "../../../src/graph/sources.ts";
import { cast } from "../../ops/cast.ts";
import { mul } from "../../ops/mul.ts";
import { not } from "../../ops/not.ts";
import { where } from "../../ops/where.ts";

/**
 * where(c, x, 0) = x c, with c as 0 and 1: Cast and Mul are two vectorised passes, Where is none. 3 against 6 to 12
 * milliseconds for [4096, 32, 32]. (An infinite x gives NaN instead of 0; a step that has one is lost anyway.)
 */
export const maskedProduct: SimplifyRule = ({ op, inputs: [condition, a, b], outputs: [y] }) => {
  if (op !== where || y.dtype !== "float32" || !sameShape(condition.shape, y.shape)) {
    return undefined;
  }
  if (scalarValue(b) === 0) return mul(a, cast(condition, "float32"));
  if (scalarValue(a) === 0) return mul(b, cast(not(condition), "float32"));
};
