/** What a benchmark is, and the arithmetic that all share. */
import type { MixedPrecision } from "../../kernels/lowering/half.ts";
import type { LoweringTarget, Precision } from "../../kernels/lowering/mod.ts";
import type { Device } from "../../src/runtime/device.ts";

export interface BenchOptions {
  readonly model: string;
  /** Height and width of the images. */
  readonly size: number;
  readonly batch: number;
  readonly steps: number;
  readonly rounds: number;
  readonly threads: number;
  readonly precision: Precision;
  readonly mixedPrecision: MixedPrecision;
  readonly device: Device;
  /** The device's own without it. */
  readonly lowering?: LoweringTarget;
  /** Only our side, for others to pair. */
  readonly alone: boolean;
}

export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  run(options: BenchOptions): Promise<Readonly<Record<string, unknown>>>;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Milliseconds that a piece of work takes. */
export async function timeMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Rounded for reading. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}
