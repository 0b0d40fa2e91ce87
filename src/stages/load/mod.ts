/** The kinds of file that `load` reads. One line adds one; the first that accepts a path gets it. */
export { npyFile } from "./npy_file.ts";
export { pngFolder } from "./png_folder.ts";
