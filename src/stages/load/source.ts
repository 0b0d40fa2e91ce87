/** What `load` reads from: a description that is known before anything is read, and the rows in order. */
import type { ImagesMeta } from "../../artifacts/images.ts";
import type { TypedArray } from "../../base/nd_array.ts";

/** An opened source of images, of which at most headers have been read. */
export interface ImageSource extends Pick<ImagesMeta, "shape" | "dtype" | "labels"> {
  /** Images that there are, or that are to be made. */
  readonly count: number;
  /** Hands over all images in order. */
  read(reading: Reading): Promise<void>;
}

/** Where a source puts its images, and what it must heed. */
export interface Reading {
  readonly seed: number;
  /** Takes one or more images [n, C, H, W] and their labels [n, L]; the arrays may be reused after. */
  write(images: TypedArray, labels?: Uint8Array): void;
  /** Told the number of images read so far. */
  progress(done: number): void;
  readonly signal: AbortSignal;
}

/** Parameters of `load` that concern files. */
export interface FileParams {
  readonly layout: "nhwc" | "nchw";
  /** Absolute path of a .npy file. */
  readonly labels?: string;
  readonly labelNames?: readonly string[];
}

/** A kind of file or folder that `load` can read. */
export interface SourceKind {
  /** What it is, for the error that lists the kinds. */
  readonly summary: string;
  accepts(path: string, isFolder: boolean): boolean;
  /** Absolute paths of all files whose content the images depend on. */
  files(path: string, params: FileParams): readonly string[];
  /** Reads headers. Throws `StageError` about a file, `ParamError` about a parameter. */
  open(path: string, params: FileParams): ImageSource;
}
