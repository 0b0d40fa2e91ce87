/** Images in a folder of equally large PNG files; its sub-folders, where there are any, are the classes. */
import { join } from "node:path";
import { ParamError, StageError } from "../../base/errors.ts";
import { fileFault, openForReading, readFully, readWhole } from "../../formats/file.ts";
import { decodePng, parsePngHeader, type PngHeader, pngHeaderBytes } from "../../formats/png.ts";
import type { ImageSource, SourceKind } from "./source.ts";

/** One file and its class; -1 where the folder has none. */
interface Entry {
  readonly path: string;
  readonly label: number;
}

export const pngFolder: SourceKind = {
  summary: "a folder of equally large PNG files, or of one such folder per class",
  accepts: (_, isFolder) => isFolder,
  files: (folder) => listFolder(folder).entries.map((entry) => entry.path),
  open(folder, { labels: labelFile }) {
    if (labelFile !== undefined) {
      throw new ParamError(
        ["labels"],
        "goes with a .npy file; a folder's labels are its sub-folders",
        labelFile,
      );
    }
    const { entries, classes } = listFolder(folder);
    const headers = entries.map((entry) => readHeader(entry.path));
    const { width, height } = headers[0];
    headers.forEach((header, i) => checkSize(header, headers[0], entries[i].path, entries[0].path));
    const channels = headers.every((header) => header.channels === 1) ? 1 : 3;
    const shape = [channels, height, width] as const;
    const labels = classes.length ? { width: classes.length, names: classes } : undefined;
    return {
      shape,
      dtype: "uint8",
      count: entries.length,
      labels,
      read: (reading) => read(entries, { shape, labels }, reading),
    };
  },
};

/** Files in the order of their names, class by class. Hidden files are passed over, others refused. */
function listFolder(folder: string): { entries: readonly Entry[]; classes: readonly string[] } {
  const top = visibleEntries(folder);
  const classes = top.filter((entry) => entry.isDirectory).map((entry) => entry.name);
  const loose = top.filter((entry) => !entry.isDirectory);
  if (classes.length && loose.length) {
    throw folderFault(folder, "it holds both class folders and files", loose[0].name);
  }
  const entries = classes.length
    ? classes.flatMap((name, label) =>
      pngFiles(join(folder, name)).map((path) => ({ path, label }))
    )
    : pngFiles(folder).map((path) => ({ path, label: -1 }));
  return { entries, classes };
}

function pngFiles(folder: string): string[] {
  const entries = visibleEntries(folder);
  const other = entries.find((entry) => entry.isDirectory || !/\.png$/i.test(entry.name));
  if (other) throw folderFault(folder, "it holds something that is not a PNG file", other.name);
  if (entries.length === 0) throw folderFault(folder, "it is empty");
  return entries.map((entry) => join(folder, entry.name));
}

function visibleEntries(folder: string): Deno.DirEntry[] {
  return [...Deno.readDirSync(folder)].filter((entry) => !entry.name.startsWith("."))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readHeader(path: string): PngHeader {
  using file = openForReading(path);
  const start = new Uint8Array(Math.min(pngHeaderBytes, file.statSync().size));
  readFully(file, start, path);
  return parsePngHeader(start, path);
}

function checkSize(header: PngHeader, first: PngHeader, path: string, firstPath: string): void {
  if (header.width === first.width && header.height === first.height) return;
  const expected = `all images must be as large as ${firstPath}, ${first.width} x ${first.height}`;
  throw fileFault(path, expected, `${header.width} x ${header.height}`);
}

/** Decodes file by file into planes. */
async function read(
  entries: readonly Entry[],
  { shape, labels }: Pick<ImageSource, "shape" | "labels">,
  { write, progress, signal }: Parameters<ImageSource["read"]>[0],
): Promise<void> {
  const [channels, height, width] = shape;
  const plane = height * width;
  for (const [i, { path, label }] of entries.entries()) {
    if (i % 64 === 0) await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const pixels = await decodePng(readWhole(path), path);
    const stride = pixels.channels;
    const planes = Uint8Array.from(
      { length: channels * plane },
      (_, at) => pixels.data[(at % plane) * stride + Math.min(Math.floor(at / plane), stride - 1)],
    );
    write(
      planes,
      labels && Uint8Array.from({ length: labels.width }, (_, at) => at === label ? 1 : 0),
    );
    progress(i + 1);
  }
}

function folderFault(folder: string, reason: string, value?: unknown): StageError {
  return new StageError({ action: `read the folder "${folder}"`, reason, value });
}
