/** Images in one .npy file, with labels in another file; read in blocks, never as a whole. */
import { storedNpy } from "../../formats/npy.ts";
import { arrayImages, arrayShapes } from "./array_images.ts";
import { openLabels } from "./label_file.ts";
import type { SourceKind } from "./source.ts";

export const npyFile: SourceKind = {
  summary: `a .npy file of shape ${arrayShapes}`,
  takes: ["layout"],
  accepts: (path, isFolder) => !isFolder && path.endsWith(".npy"),
  files: (path, { labels }) => labels ? [path, labels] : [path],
  open: (path, params) =>
    arrayImages([{ name: "images", array: storedNpy(path) }], openLabels(params), params),
};
