/** What users may choose of the digits of products: names alone, so that reading a pipeline loads no lowering. */
import type { Precision } from "./cpu/bilinear.ts";

/** Of the convolutions on CPU, from the most digits to the fewest. */
export const precisions = ["high", "default", "fast"] as const satisfies readonly Precision[];
export type { Precision };

/** Of the operands of products, where they are not float32. */
export const mixedPrecisions = ["none", "float16", "bfloat16"] as const;
export type MixedPrecision = (typeof mixedPrecisions)[number];
