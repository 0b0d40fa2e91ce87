/** The kinds of file that `load` reads. One line adds one; of two that accept a folder the specific one reads it. */
export { npyFile } from "./npy_file.ts";
export { npzFile } from "./npz_file.ts";
export { idxFile } from "./idx_file.ts";
export { idxFolder } from "./idx_folder.ts";
export { cifarFile, cifarFolder } from "./cifar.ts";
export { niftiVolume } from "./nifti_volume.ts";
export { imageFolder } from "./image_folder.ts";
