/** What `load` reads from: a description that is known before anything is read, and the rows in order. */
import type { ImagesMeta, SplitCounts } from "../../artifacts/images.ts";
import type { Slices } from "../../formats/nifti.ts";
import type { Resize } from "../../formats/resize.ts";

/** An opened source of images, of which at most headers have been read. */
export interface ImageSource
  extends Pick<ImagesMeta, "shape" | "dtype" | "labels" | "channels" | "ranges"> {
  /** Images that there are, or that are to be made. */
  readonly count: number;
  /**
   * Where the source comes divided, as Fashion-MNIST does: images of each part. They are read part by part, in the
   * order of `splitNames`, and add up to `count`.
   */
  readonly parts?: SplitCounts;
  /** What the user should know of the reading: `M: float64 is kept as float32`. */
  readonly notes?: readonly string[];
  /** Damaged files that are left out. */
  readonly skipped?: readonly SkippedFile[];
  /** Hands over all images in order. */
  read(reading: Reading): Promise<void>;
  /**
   * Hands over the labels of all images in order, where that is cheaper than `read`; labels are read before the
   * images where a split is stratified.
   */
  readLabels?(take: (labels: LabelRows) => void, signal: AbortSignal): Promise<void>;
}

/** A file that is left out, by its place in the folder, and what is wrong with it. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/** Labels of some images: [n, L]. Measured ones are float32, all others uint8. */
export type LabelRows = Uint8Array | Float32Array;

/** Where a source puts its images, and what it must heed. */
export interface Reading {
  readonly seed: number;
  /** Takes one or more images [n, C, H, W] and their labels [n, L]; the arrays may be reused after. */
  write(images: Uint8Array | Float32Array, labels?: LabelRows): void;
  /** Told the number of images read so far. */
  progress(done: number): void;
  readonly signal: AbortSignal;
}

/** What label arrays can mean; see `array_labels.ts`. */
export const labelTypes = ["classes", "attributes", "measured"] as const;
export type LabelType = typeof labelTypes[number];

/** Orders of the axes of images in one array. */
export const layouts = ["nhwc", "nchw"] as const;
export type Layout = typeof layouts[number];

/** The order that is meant. No default of the parameter: of other files it says nothing. */
export function layoutOf({ layout = "nhwc" }: { readonly layout?: Layout }): Layout {
  return layout;
}

/** Parameters of `load` that concern files. */
export interface FileParams {
  /** Order of the axes of an array with four, as it is written; see `layoutOf`. */
  readonly layout?: Layout;
  /** Names of the arrays that are the images, or one channel each. */
  readonly arrays?: readonly string[];
  /** Absolute path of a file with an array, or the name of an array where the kind is `named`. */
  readonly labels?: string;
  readonly labelNames?: readonly string[];
  readonly labelType?: LabelType;
  /** Class folders to keep, in this order. */
  readonly classes?: readonly string[];
  /** The size to which every image is brought. */
  readonly resize?: Resize;
  readonly channels?: "grey" | "rgb";
  /** Whether damaged files of a folder end the stage or are left out; refused without it. */
  readonly corrupt?: "refuse" | "skip";
  /** Which slices of a volume are its images. */
  readonly slices?: Slices;
}

/** A kind of file or folder that `load` can read. */
export interface SourceKind {
  /** What it is, for the error that lists the kinds. */
  readonly summary: string;
  /** Told by a full name or by what a folder holds, and so asked before the kinds that take any folder. */
  readonly specific?: true;
  /** The file holds arrays by name: `arrays` and `labels` name them. */
  readonly named?: true;
  /** Labels come with the images, so that `labels` cannot be written. */
  readonly ownLabels?: true;
  /** Parameters that the kind itself heeds; of the others `resize` and `channels` are seen to, the rest refused. */
  readonly takes?: readonly (
    | "layout"
    | "classes"
    | "corrupt"
    | "slices"
    | "resize"
    | "channels"
  )[];
  accepts(path: string, isFolder: boolean): boolean;
  /** Absolute paths of all files whose content the images depend on. */
  files(path: string, params: FileParams): readonly string[];
  /** Reads headers. Throws `StageError` about a file, `ParamError` about a parameter. */
  open(path: string, params: FileParams): ImageSource;
}
