/** Lowerings by target: how a symbolic graph is written for a device. The choice changes speed, never a key. */
import { simplify } from "../../src/graph/simplify.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { flatTranspose } from "./cpu/flat_transpose.ts";
import { lowerForCpu } from "./cpu/lower.ts";
import { cpuRules } from "./cpu/peephole.ts";
import { lowerForCuda } from "./cuda/lower.ts";
import { cudaRules } from "./cuda/rules.ts";
import { lowerPlain } from "./plain.ts";
import type { Precision } from "./precision.ts";

export { type Precision, precisions } from "./precision.ts";

/**
 * `plain` is the reference: ONNX Runtime's own kernels on [N, C, H, W]. Those for the CPU are by precision. Every
 * one computes the same on every device: which is fast where is another matter.
 */
export type LoweringTarget = "plain" | "cpu" | "cpu-high" | "cpu-fast" | "cuda";

/** How a target writes graphs. */
export interface Lowering {
  /** Before differentiation: layouts and algorithms. */
  lower(outputs: readonly Tensor[]): Tensor[];
  /** After differentiation: cheaper equals. */
  tidy(outputs: readonly Tensor[]): Tensor[];
}

const forCpu = (precision: Precision): Lowering => ({
  lower: (outputs) => lowerForCpu(outputs, precision),
  tidy: (outputs) => simplify(simplify(outputs, cpuRules), [flatTranspose]),
});

export const lowerings: Readonly<Record<LoweringTarget, Lowering>> = {
  plain: { lower: lowerPlain, tidy: (outputs) => simplify(outputs) },
  cpu: forCpu("default"),
  "cpu-high": forCpu("high"),
  "cpu-fast": forCpu("fast"),
  cuda: { lower: lowerForCuda, tidy: (outputs) => simplify(outputs, cudaRules) },
};
