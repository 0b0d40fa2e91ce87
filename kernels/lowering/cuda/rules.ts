/**
 * Cheaper or possible equals on CUDA, after differentiation. A node without a CUDA kernel runs on the CPU, with a
 * copy over the bus before and after, at every step of the loop; `missing_kernels.ts` finds such nodes.
 */
import { constantValue, scalar } from "../../../src/graph/sources.ts";
import type { SimplifyRule } from "../../../src/graph/simplify.ts";
import { bitShift } from "../../ops/bit_shift.ts";
import { div } from "../../ops/div.ts";
import { mul } from "../../ops/mul.ts";

/**
 * A shift by a constant is a product with a power of two, which wraps as a shift does, or a quotient, which rounds
 * down as a shift does: bit for bit the same on unsigned integers. The provider has no BitShift of any type.
 */
const shiftByArithmetic: SimplifyRule = (node) => {
  if (node.op !== bitShift) return undefined;
  const [a, b] = node.inputs;
  const bits = constantValue(b);
  if (bits?.data.length !== 1) return undefined;
  const power = scalar(1n << BigInt(bits.data[0]), a.dtype);
  return node.attrs.direction === "LEFT" ? mul(a, power) : div(a, power);
};

export const cudaRules: readonly SimplifyRule[] = [shiftByArithmetic];
