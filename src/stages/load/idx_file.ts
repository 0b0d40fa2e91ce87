/** Images in one idx file, with labels in another file: one half of MNIST or Fashion-MNIST. */
import { openIdx } from "../../formats/idx.ts";
import { arrayImages } from "./array_images.ts";
import { isIdxName, openLabels } from "./label_file.ts";
import type { SourceKind } from "./source.ts";

export const idxFile: SourceKind = {
  summary: "an idx file such as train-images-idx3-ubyte.gz",
  takes: ["layout"],
  accepts: (path, isFolder) => !isFolder && isIdxName(path),
  files: (path, { labels }) => labels ? [path, labels] : [path],
  open: (path, params) =>
    arrayImages([{ name: "images", array: openIdx(path) }], openLabels(params), params),
};
