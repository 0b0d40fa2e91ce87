/**
 * Reading an artifact of type `images` (or `noise`, which contains one): splits, labels, model values.
 *
 *     train.npy, validation.npy, test.npy    [N, C, H, W], uint8 or float32, in stored units
 *     train_labels.npy, ...                  [N, L], uint8 or float32, where there are labels
 *     meta.affine                            model value = stored value * scale[c] + offset[c]
 *
 * Normalisation is thus two numbers per channel and never rewrites an array: uint8 images stay a quarter of the
 * size of their float32 values, in the store as in memory.
 */
import { type Affine, identity, mappedColumns, toModelValues } from "../base/affine.ts";
import type { JsonObject } from "../base/canonical.ts";
import { type DType, elementCount, itemSize, type NdArray } from "../base/nd_array.ts";
import { type NpyFile, openNpy } from "../formats/npy.ts";

/** The parts into which images are divided, in the order in which they are shown. */
export const splitNames = ["train", "validation", "test"] as const;
export type SplitName = typeof splitNames[number];

/** Images per split; train is always there. */
export type SplitCounts = {
  readonly train: number;
  readonly validation?: number;
  readonly test?: number;
};

/** What the columns of a label array mean. */
export interface ImageLabels {
  readonly width: number;
  /** One per column: `hair=short`, `hat`, `mean G`. */
  readonly names: readonly string[];
  /**
   * uint8 without it: classes and attributes, where a 1 says that the image has it. float32: numbers that were
   * measured on the image, in their own units.
   */
  readonly dtype?: "uint8" | "float32";
  /** Of measured labels: model value = stored value * scale + offset, per column; the identity without it. */
  readonly affine?: Affine;
}

/** `meta` of the artifact. */
export interface ImagesMeta {
  /** [C, H, W] */
  readonly shape: readonly [number, number, number];
  readonly counts: SplitCounts;
  readonly dtype: "uint8" | "float32";
  /** Left out by `load`, whose model values would be the stored ones. */
  readonly affine?: Affine;
  /** The stored values that are shown black and white; [0, 255] where it is left out. */
  readonly range?: readonly [number, number];
  /** Names of channels that are quantities of their own (grain size, orientation) and no colours. */
  readonly channels?: readonly string[];
  /** Instead of `range`, where channels are no colours: the values shown black and white, per channel. */
  readonly ranges?: readonly (readonly [number, number])[];
  readonly labels?: ImageLabels;
}

/** What is needed of an artifact; the runner's `Artifact` is one. */
export interface ContentSource {
  readonly meta: JsonObject;
  /** Absolute path of a content file; throws for a name that is not there. */
  path(file: string): string;
  has(file: string): boolean;
}

/** The typed facts of an `images` or `noise` artifact. */
export function imagesMeta(meta: JsonObject): ImagesMeta {
  return meta as unknown as ImagesMeta;
}

/** The map of an images artifact, the identity where it has none. */
export function affineOf({ affine, shape }: Pick<ImagesMeta, "affine" | "shape">): Affine {
  return affine ?? identity(shape[0]);
}

/** What pictures of the images go by; artifacts that are made from images hand it on. */
export type Appearance = Pick<ImagesMeta, "range" | "ranges" | "channels">;

/** The appearance of images, or of what was made from them, to be spread into another `meta`. */
export function appearanceOf({ range, ranges, channels }: JsonObject): JsonObject & Appearance {
  const known = Object.entries({ range, ranges, channels }).filter(([, value]) => value);
  return Object.fromEntries(known) as JsonObject & Appearance;
}

/** How model values of images become pictures. */
export interface Look extends Appearance {
  /** [C, H, W] */
  readonly shape: readonly [number, number, number];
  readonly affine: Affine;
}

/** The look of what a model made of images, by the `meta` of its artifact. */
export function lookOf(meta: JsonObject): Look {
  const { shape, affine } = meta as unknown as Look;
  return { shape, affine, ...appearanceOf(meta) };
}

/** Whether labels are numbers that were measured, and no classes or attributes. */
export function areMeasured({ dtype }: ImageLabels): boolean {
  return dtype === "float32";
}

/** An images artifact, of which nothing has been read yet. */
export interface ImageSet extends ImagesMeta {
  /** The identity where the artifact has none. */
  readonly affine: Affine;
  /** Opens a split; close it, or bind it with `using`. Throws for one that is not there. */
  split(name: SplitName): ImageSplit;
}

/** Maps that go before an artifact's own: those of the model that is to see its images. */
export interface Maps {
  readonly images?: Affine;
  readonly labels?: Affine;
}

/**
 * Opens an artifact of type `images` or `noise`. With `maps`, images that were connected before their normalisation
 * have the model values of a model that was trained after it.
 */
export function openImages(artifact: ContentSource, maps: Maps = {}): ImageSet {
  const meta = imagesMeta(artifact.meta);
  const affine = maps.images ?? affineOf(meta);
  return {
    ...meta,
    affine,
    split(name) {
      const images = openNpy(artifact.path(`${name}.npy`));
      const labels = `${name}_labels.npy`;
      return new ImageSplit(
        name,
        images,
        artifact.has(labels) ? openNpy(artifact.path(labels)) : undefined,
        affine,
        maps.labels ?? meta.labels?.affine,
      );
    },
  };
}

/** One split, read by rows. */
export class ImageSplit {
  readonly count: number;

  constructor(
    readonly name: SplitName,
    private readonly images: NpyFile,
    private readonly labelled: NpyFile | undefined,
    private readonly affine: Affine,
    private readonly labelAffine?: Affine,
  ) {
    this.count = images.count;
  }

  /** Images `start` to `start + count - 1` in model values: [count, C, H, W]. */
  rows(start: number, count: number): NdArray<Float32Array> {
    return toModelValues(this.stored(start, count), this.affine);
  }

  /** Images in the order of `indices`, in model values: [indices.length, C, H, W]. */
  rowsAt(indices: ArrayLike<number>): NdArray<Float32Array> {
    return toModelValues(this.images.rowsAt(indices), this.affine);
  }

  /** Images as they are stored: [count, C, H, W], uint8 or float32. All of them without arguments. */
  stored(start = 0, count: number = this.count - start): NdArray {
    return this.images.rows(start, count);
  }

  /** Images in the order of `indices`, as they are stored. */
  storedAt(indices: ArrayLike<number>): NdArray {
    return this.images.rowsAt(indices);
  }

  /** Where the stored images lie, for who reads them in a thread of their own. */
  get file(): { readonly path: string; readonly dtype: DType; readonly shape: readonly number[] } {
    const { path, dtype, shape } = this.images;
    return { path, dtype, shape };
  }

  /** Size of the stored images. */
  get byteLength(): number {
    return elementCount(this.images.shape) * itemSize(this.images.dtype);
  }

  /** Labels of the same images as they are stored: [count, L], uint8 or float32; undefined where there are none. */
  labels(
    start = 0,
    count: number = this.count - start,
  ): NdArray<Uint8Array | Float32Array> | undefined {
    return this.labelled?.rows(start, count) as NdArray<Uint8Array | Float32Array> | undefined;
  }

  /** Labels of the images in the order of `indices`, as they are stored; undefined where there are none. */
  labelsAt(indices: ArrayLike<number>): NdArray<Uint8Array | Float32Array> | undefined {
    return this.labelled?.rowsAt(indices) as NdArray<Uint8Array | Float32Array> | undefined;
  }

  /** Labels as a model is given them: the stored ones, or measured ones in model values. */
  conditions(
    start = 0,
    count: number = this.count - start,
  ): NdArray<Uint8Array | Float32Array> | undefined {
    const labels = this.labels(start, count);
    return labels && this.labelAffine ? mappedColumns(labels, this.labelAffine) : labels;
  }

  close(): void {
    this.images.close();
    this.labelled?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
