/** Lowerings by target: how a symbolic graph is written for a device. The choice changes speed, never a key. */
import { simplify } from "../../src/graph/simplify.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Precision } from "./cpu/bilinear.ts";
import { lowerForCpu } from "./cpu/lower.ts";
import { cpuRules } from "./cpu/peephole.ts";
import { lowerPlain } from "./plain.ts";

export const precisions = ["high", "default", "fast"] as const satisfies readonly Precision[];
export type { Precision };

/** `plain` is the reference: ONNX Runtime's own kernels on [N, C, H, W]. The others are by precision. */
export type LoweringTarget = "plain" | "cpu" | "cpu-high" | "cpu-fast";

/** How a target writes graphs. */
export interface Lowering {
  /** Before differentiation: layouts and algorithms. */
  lower(outputs: readonly Tensor[]): Tensor[];
  /** After differentiation: cheaper equals. */
  tidy(outputs: readonly Tensor[]): Tensor[];
}

const forCpu = (precision: Precision): Lowering => ({
  lower: (outputs) => lowerForCpu(outputs, precision),
  tidy: (outputs) => simplify(outputs, cpuRules),
});

export const lowerings: Readonly<Record<LoweringTarget, Lowering>> = {
  plain: { lower: lowerPlain, tidy: (outputs) => simplify(outputs) },
  cpu: forCpu("default"),
  "cpu-high": forCpu("high"),
  "cpu-fast": forCpu("fast"),
};
