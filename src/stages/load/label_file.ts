/** The file that `labels` names beside a file of images: .npy or idx, whatever the images are. No .npz here. */
import { openIdx } from "../../formats/idx.ts";
import { storedNpy } from "../../formats/npy.ts";
import type { StoredArray } from "../../formats/stored_array.ts";
import type { FileParams } from "./source.ts";

/** Names of idx files as they are spread: `t10k-labels-idx1-ubyte.gz`, `train-labels.idx1-ubyte`, `a.idx`. */
const idxName = /[-.]idx\d?(-[a-z]+)?(\.gz)?$/i;

/** Is this the name of an idx file? */
export function isIdxName(path: string): boolean {
  return idxName.test(path);
}

/** Opens the labels; undefined where none are named. Throws a `StageError` that names the file. */
export function openLabels({ labels }: FileParams): StoredArray | undefined {
  if (labels === undefined) return undefined;
  return isIdxName(labels) ? openIdx(labels) : storedNpy(labels);
}
