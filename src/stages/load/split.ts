/** Which image belongs to which split: drawn once from the seed, as a table over the images. */
import type { SplitCounts, SplitName } from "../../artifacts/images.ts";
import { ParamError } from "../../base/errors.ts";
import { permutation, randomKey } from "../../base/random.ts";

/** A share of all images (below 1) or a number of them, by split; the rest is train. */
export interface SplitParams {
  readonly test: number;
  readonly validation: number;
}

/** How many images each split gets. Throws `ParamError` where nothing is left to train on. */
export function splitCounts(count: number, split: SplitParams): SplitCounts {
  const sizeOf = (part: number) => part < 1 ? Math.round(part * count) : part;
  const validation = sizeOf(split.validation), test = sizeOf(split.test);
  const train = count - validation - test;
  if (train < 1) {
    throw new ParamError(
      ["split"],
      `leaves ${train} of ${count} images to train on`,
      split,
      "Make the held-out parts smaller.",
    );
  }
  return { train, ...(validation ? { validation } : {}), ...(test ? { test } : {}) };
}

/**
 * The split of each of `available` images, undefined for those that are left out because the counts are smaller.
 * Within a split the images keep their order.
 */
export function splitTable(
  available: number,
  counts: SplitCounts,
  seed: number,
): (SplitName | undefined)[] {
  const { train, validation = 0, test = 0 } = counts;
  const whole = train === available;
  const order = whole ? undefined : permutation(randomKey(seed, "load/split"), 0, available);
  const table: (SplitName | undefined)[] = new Array(available).fill(whole ? "train" : undefined);
  order?.forEach((image, rank) => {
    if (rank < test) table[image] = "test";
    else if (rank < test + validation) table[image] = "validation";
    else if (rank < test + validation + train) table[image] = "train";
  });
  return table;
}
