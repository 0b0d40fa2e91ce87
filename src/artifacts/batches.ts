/** The images of a split in batches, as programs over images take them; nothing is read before it is asked for. */
import type { NdArray } from "../base/nd_array.ts";
import { float32 } from "../base/nd_array.ts";
import type { ImageSplit } from "./images.ts";

/** Some images with what a model is told of them. */
export interface SplitBatch {
  /** [n, C, H, W] in model values. */
  readonly images: NdArray<Float32Array>;
  /** [n, L], where they were asked for. */
  readonly conditions?: NdArray<Float32Array>;
}

/** The first `count` images in order, at most `batchSize` at a time. */
export function* batchesOf(
  split: ImageSplit,
  { batchSize, count, told }: {
    readonly batchSize: number;
    readonly count: number;
    /** Whether the labels come along, in the values that models are given. */
    readonly told?: boolean;
  },
): Generator<SplitBatch> {
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    const labels = told ? split.conditions(start, size)! : undefined;
    yield {
      images: split.rows(start, size),
      ...(labels ? { conditions: float32(labels.shape, Float32Array.from(labels.data)) } : {}),
    };
  }
}
