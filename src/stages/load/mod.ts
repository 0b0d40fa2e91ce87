/** The kinds of file that `load` reads. One line adds one; no two of them accept the same path. */
export { npyFile } from "./npy_file.ts";
export { pngFolder } from "./png_folder.ts";
