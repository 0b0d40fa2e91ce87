/** Writing the content files of an artifact of type `images`, row by row, each row into its split. */
import { join } from "node:path";
import type { TypedArray } from "../base/nd_array.ts";
import { createNpy, type NpyWriter } from "../formats/npy.ts";
import { type ImagesMeta, type SplitName, splitNames } from "./images.ts";

/** Files of a split that are being written. */
interface OpenSplit {
  readonly images: NpyWriter;
  readonly labels?: NpyWriter;
}

/** Splits that are being written. Bind it with `using` and call `finish` when every row is appended. */
export class ImagesWriter {
  /** Names of the content files, images before labels. */
  readonly files: readonly string[];
  private readonly splits = new Map<SplitName, OpenSplit>();

  constructor(folder: string, { shape, counts, dtype, labels }: ImagesMeta) {
    const names = splitNames.filter((name) => counts[name]);
    for (const name of names) {
      const count = counts[name]!;
      this.splits.set(name, {
        images: createNpy(join(folder, `${name}.npy`), dtype, [count, ...shape]),
        labels: labels &&
          createNpy(join(folder, `${name}_labels.npy`), labels.dtype ?? "uint8", [
            count,
            labels.width,
          ]),
      });
    }
    this.files = names.flatMap((name) =>
      labels ? [`${name}.npy`, `${name}_labels.npy`] : [`${name}.npy`]
    );
  }

  /** Appends one image [C, H, W] and its labels [L] to a split. */
  append(split: SplitName, image: TypedArray, labels?: Uint8Array | Float32Array): void {
    const open = this.splits.get(split);
    if (!open || !open.labels !== !labels) {
      throw new Error(`split ${split} was not announced like this`);
    }
    open.images.append(image);
    if (labels) open.labels!.append(labels);
  }

  /** Writes what is buffered. Throws where rows are missing. */
  finish(): void {
    for (const { images, labels } of this.splits.values()) {
      images.finish();
      labels?.finish();
    }
  }

  [Symbol.dispose](): void {
    for (const { images, labels } of this.splits.values()) {
      images[Symbol.dispose]();
      labels?.[Symbol.dispose]();
    }
  }
}

/** Rows of `elements` elements inside a block of whole rows; views, not copies. */
export function* rowsOf<T extends TypedArray>(block: T, elements: number): Generator<T> {
  for (let at = 0; at < block.length; at += elements) yield block.subarray(at, at + elements) as T;
}
