/** What a data set definition is: a generator of images with a name, a card and typed parameters. No files here. */
import type { ImagesMeta, SplitCounts } from "../src/artifacts/images.ts";
import type { Definition } from "../src/base/table.ts";
import type { InstalledFiles } from "./installed_files.ts";

/** What a generator will make, known without making it. */
export interface DatasetShape
  extends Pick<ImagesMeta, "shape" | "dtype" | "labels" | "channels" | "ranges"> {
  /** Images made where the pipeline names no number. */
  readonly count: number;
  /** There are these images and no others, whatever the seed; a smaller number is drawn from all of them. */
  readonly fixed?: true;
  /** Images of each part, in the order of `splitNames`, where a fixed set comes divided. */
  readonly parts?: SplitCounts;
}

/** Where a generator puts its images, and what it must heed. */
export interface Generation {
  /** Images to make. Image k does not depend on it: a larger set begins with a smaller one. */
  readonly count: number;
  readonly seed: number;
  /** Takes one or more images [n, C, H, W] and their labels [n, L], in order; the arrays may be reused after. */
  write(images: Uint8Array | Float32Array, labels?: Uint8Array | Float32Array): void;
  /** Told the number of images made so far. */
  progress(done: number): void;
  /** Throws its reason soon after it is aborted. */
  readonly signal: AbortSignal;
}

/**
 * A data set, chosen by its `kind`, which also names its card, `datasets/<kind>.yaml`. `P` is the type of its
 * resolved parameters.
 */
// deno-lint-ignore no-explicit-any
export interface Dataset<P = any> extends Definition {
  /** Raised when the same parameters, seed and packages would give other images. */
  readonly version: number;
  /** SPDX expression for the images. */
  readonly licence: string;
  /** npm packages that determine the bytes, with their pinned versions: part of the key of `load`. */
  readonly packages: Readonly<Record<string, string>>;
  /** Files that a system package brings; their digests are part of the key of `load`, too. */
  readonly files?: InstalledFiles;
  shape(params: P): DatasetShape;
  generate(params: P, generation: Generation): Promise<void>;
}

/** Lets timers, signals and progress bars run: a generator calls it between batches. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}
