/** Images in a folder of PNG and JPEG files; its sub-folders, where there are any, are the classes. */
import { relative } from "node:path";
import { fileFault } from "../../formats/file.ts";
import { planesOf } from "../../formats/pixels.ts";
import { type Resize, resizeFault, resizePlanes } from "../../formats/resize.ts";
import {
  decodeImage,
  examineImage,
  faultOf,
  type ImageFile,
  type ImageHeader,
  listImages,
  readImageHeader,
} from "./image_files.ts";
import type { FileParams, ImageSource, Reading, SkippedFile, SourceKind } from "./source.ts";

/** A file whose header is known. */
type KnownFile = ImageFile & { readonly header: ImageHeader };

export const imageFolder: SourceKind = {
  summary: "a folder of PNG or JPEG files, or of one such folder per class",
  takes: ["classes", "resize", "channels", "corrupt"],
  ownLabels: true,
  accepts: (_, isFolder) => isFolder,
  files: (folder, { classes }) => listImages(folder, classes).files.map(({ path }) => path),
  open(folder, params) {
    const { files, classes } = listImages(folder, params.classes);
    const { known, skipped } = headersOf(files, folder, params.corrupt ?? "refuse");
    checkClasses(known, classes, folder);
    const labels = classes.length ? { width: classes.length, names: classes } : undefined;
    const shape = imageShape(known, params);
    const read = (reading: Reading) =>
      readAll(known, { shape, labels, resize: params.resize }, reading);
    const readLabels = labels && ((take: (rows: Uint8Array) => void) => {
      for (const { label } of known) take(oneHot(label, labels.width));
      return Promise.resolve();
    });
    return { shape, dtype: "uint8", count: known.length, labels, read, readLabels, skipped };
  },
};

/** Headers of all files; damaged files are set apart where they may be skipped. */
function headersOf(
  files: readonly ImageFile[],
  folder: string,
  corrupt: NonNullable<FileParams["corrupt"]>,
): { known: KnownFile[]; skipped: SkippedFile[] } {
  if (corrupt === "refuse") {
    const known = files.map((file) => ({ ...file, header: readImageHeader(file.path) }));
    return { known, skipped: [] };
  }
  const known: KnownFile[] = [], skipped: SkippedFile[] = [];
  for (const file of files) {
    try {
      known.push({ ...file, header: examineImage(file.path) });
    } catch (error) {
      skipped.push({ file: relative(folder, file.path), reason: faultOf(error) });
    }
  }
  return { known, skipped };
}

/** Skipping must leave an image of every class, for a class without one cannot be learnt. */
function checkClasses(known: readonly KnownFile[], classes: readonly string[], folder: string) {
  const present = new Set(known.map(({ label }) => label));
  const missing = classes.find((_, label) => !present.has(label));
  if (known.length && missing === undefined) return;
  const place = missing === undefined ? folder : `${folder}/${missing}`;
  throw fileFault(place, "all of its images are damaged");
}

/** [C, H, W] of all images; without a size to bring them to, they must be equally large. */
function imageShape(
  known: readonly KnownFile[],
  { channels, resize }: FileParams,
): ImageSource["shape"] {
  const usual = known.every(({ header }) => header.channels === 1) ? 1 : 3;
  const count = channels === undefined ? usual : channels === "grey" ? 1 : 3;
  if (resize) {
    for (const { header, path } of known) {
      const fault = resizeFault({ ...header, channels: count }, resize);
      if (fault) throw fileFault(path, fault.reason, fault.value, fault.hint);
    }
    return [count, resize.height, resize.width];
  }
  const [{ header: { width, height }, path }] = known;
  const other = known.find(({ header }) => header.width !== width || header.height !== height);
  if (!other) return [count, height, width];
  throw fileFault(
    other.path,
    `all images must be as large as ${path}, ${width} x ${height}`,
    `${other.header.width} x ${other.header.height}`,
    "Write resize: SIZE to bring them to one size.",
  );
}

/** Decodes file by file, makes grey or colour of it, and resizes. */
async function readAll(
  known: readonly KnownFile[],
  { shape, labels, resize }: Pick<ImageSource, "shape" | "labels"> & { resize?: Resize },
  { write, progress, signal }: Reading,
): Promise<void> {
  const channels = shape[0] === 1 ? 1 : 3;
  for (const [i, { path, label }] of known.entries()) {
    if (i % 16 === 0) await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const planes = planesOf(await decodeImage(path), channels);
    const { data, height, width } = resize ? resizePlanes(planes, resize) : planes;
    if (height !== shape[1] || width !== shape[2]) {
      throw fileFault(path, "it has changed since its header was read");
    }
    write(data, labels && oneHot(label, labels.width));
    progress(i + 1);
  }
}

function oneHot(label: number, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, at) => at === label ? 1 : 0);
}
