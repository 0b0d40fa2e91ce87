/** Lowerings by target: how a symbolic graph is written for a device. The choice changes speed, never a key. */
import { simplify, type SimplifyRule } from "../../src/graph/simplify.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { lowerForCpu } from "./cpu/lower.ts";
import { cpuRules } from "./cpu/peephole.ts";
import { lowerPlain } from "./plain.ts";

/** `plain` is the reference: ONNX Runtime's own kernels on [N, C, H, W]. */
export type LoweringTarget = "plain" | "cpu";

/** How a target writes graphs. */
export interface Lowering {
  /** Before differentiation: layouts and algorithms. */
  lower(outputs: readonly Tensor[]): Tensor[];
  /** After differentiation: cheaper equals. */
  tidy(outputs: readonly Tensor[]): Tensor[];
}

const lowering = (
  lower: (outputs: readonly Tensor[]) => Tensor[],
  rules: readonly SimplifyRule[],
): Lowering => ({ lower, tidy: (outputs) => simplify(outputs, rules) });

export const lowerings: Readonly<Record<LoweringTarget, Lowering>> = {
  plain: lowering(lowerPlain, []),
  cpu: lowering(lowerForCpu, cpuRules),
};
