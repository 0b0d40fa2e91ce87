/** The refusal of a batch normalisation that would see a single number: it has no deviation. */
import { ParamError } from "../../src/base/errors.ts";

/** The smallest feature map that a batch normalisation follows, and how it was asked for. */
export interface NormalisedMap {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly height: number;
  readonly width: number;
}

/** Throws `ParamError` where a batch of `batchSize` images has one value per channel in that map. */
export function checkBatchStatistics(map: NormalisedMap, batchSize: number | undefined): void {
  const { path, value, height, width } = map;
  if (batchSize === undefined || batchSize * height * width > 1) return;
  throw new ParamError(
    path,
    `needs more than one value per channel, and the smallest feature map is ${height}x${width} of a batch of ${batchSize}`,
    value,
    "Use a batch (a micro-batch where gradients are accumulated) of two images or more, fewer levels, or no batch normalisation.",
  );
}
