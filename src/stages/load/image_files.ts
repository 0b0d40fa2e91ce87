/** The image files of a folder and of its class folders: which there are, their headers, what is wrong with them. */
import { join } from "node:path";
import { BruitError, ParamError, StageError } from "../../base/errors.ts";
import { suggestion } from "../../base/nearest.ts";
import {
  fileFault,
  isInside,
  openForReading,
  readFolder,
  readFully,
  readWhole,
  realPath,
} from "../../formats/file.ts";
import { jpegDamage, type JpegHeader, readJpegHeader } from "../../formats/jpeg_header.ts";
import type { Pixels } from "../../formats/pixels.ts";
import { parsePngHeader, pngDamage, pngHeaderBytes } from "../../formats/png_structure.ts";
import { imported } from "../../base/imported.ts";

/** One file and its class; -1 where the folder has none. */
export interface ImageFile {
  readonly path: string;
  readonly label: number;
}

/** What a header says. */
export type ImageHeader = JpegHeader;

/** Larger than any encoded image of the pixels that are accepted. */
const FILE_LIMIT = 1 << 28;

/**
 * Files in the order of their names, class by class. Hidden files are passed over; anything else that is no image
 * is refused, and so is a symbolic link that leads out of the folder.
 *
 * @param wanted Classes to keep, in this order; all in the order of their names without it.
 */
export function listImages(
  folder: string,
  wanted?: readonly string[],
): { files: readonly ImageFile[]; classes: readonly string[] } {
  const root = realPath(folder);
  const top = entriesOf(folder, root);
  const found = top.filter((entry) => entry.isFolder).map(({ name }) => name);
  const loose = top.filter((entry) => !entry.isFolder);
  if (found.length && loose.length) {
    throw folderFault(folder, "it holds both class folders and files", loose[0].name);
  }
  const classes = wanted ? wantedClasses(wanted, found, folder) : found;
  const files = classes.length
    ? classes.flatMap((name, label) =>
      imagesIn(join(folder, name), root).map((path) => ({ path, label }))
    )
    : imagesIn(folder, root).map((path) => ({ path, label: -1 }));
  return { files, classes };
}

function wantedClasses(wanted: readonly string[], found: readonly string[], folder: string) {
  if (!found.length) {
    throw new ParamError(
      ["classes"],
      `names folders, and ${folder} holds no folders`,
      wanted,
      "Put the images of each class into a folder of its name, or leave classes out.",
    );
  }
  for (const [i, name] of wanted.entries()) {
    if (!found.includes(name)) {
      const reason = `there is no such class folder in ${folder}`;
      throw new ParamError(["classes", i], reason, name, suggestion(name, found));
    }
    if (wanted.indexOf(name) !== i) {
      throw new ParamError(["classes", i], "names a class twice", name);
    }
  }
  return wanted;
}

function imagesIn(folder: string, root: string): string[] {
  const entries = entriesOf(folder, root);
  const other = entries.find(({ isFolder, name }) => isFolder || !/\.(png|jpe?g)$/i.test(name));
  if (other) {
    throw folderFault(folder, "it holds something that is not a PNG or JPEG file", other.name);
  }
  if (entries.length === 0) throw folderFault(folder, "it is empty: it holds no image");
  return entries.map(({ name }) => join(folder, name));
}

/** What is visible in a folder, by name, links followed; refused where it is a pipe, a socket or a device. */
function entriesOf(folder: string, root: string): { name: string; isFolder: boolean }[] {
  const visible = readFolder(folder).filter(({ name }) => !name.startsWith("."));
  return visible.sort((a, b) => (a.name < b.name ? -1 : 1)).map((entry) => {
    const path = join(folder, entry.name);
    const { isFile, isDirectory } = entry.isSymlink ? behindLink(path, root) : entry;
    if (!isFile && !isDirectory) throw fileFault(path, "it is neither a file nor a folder");
    return { name: entry.name, isFolder: isDirectory };
  });
}

/** What a symbolic link leads to; refused where it leads nowhere or out of the root. */
function behindLink(link: string, root: string): Pick<Deno.FileInfo, "isFile" | "isDirectory"> {
  let target: string;
  try {
    target = Deno.realPathSync(link);
  } catch (error) {
    throw new StageError(
      { action: `read "${link}"`, reason: "it is a symbolic link that leads nowhere" },
      { cause: error },
    );
  }
  if (!isInside(root, target)) {
    const hint = "Copy what it leads to into the folder.";
    throw fileFault(link, `it is a symbolic link that leads out of ${root}`, target, hint);
  }
  return Deno.statSync(target);
}

/** Reads the header of one image file. Throws a `StageError` that names it. */
export function readImageHeader(path: string): ImageHeader {
  using file = openForReading(path);
  const { size } = file.statSync();
  if (size > FILE_LIMIT) {
    throw fileFault(path, `an image file has at most ${FILE_LIMIT} bytes`, size);
  }
  if (!isPngName(path)) return readJpegHeader(path);
  const start = new Uint8Array(Math.min(pngHeaderBytes, size));
  readFully(file, start, path);
  return parsePngHeader(start, path);
}

/**
 * Looks through a file without decoding it. PNG: everything by which a decoder could refuse it, checksums, chunks and
 * the rows of the image data, so that one that passes is decoded. JPEG has no checksums: the order of its markers up
 * to the end of the image, so that one whose coded data are damaged passes and still ends the reading.
 *
 * @throws StageError naming the file.
 */
export function examineImage(path: string): ImageHeader {
  const header = readImageHeader(path);
  const damage = isPngName(path) ? pngDamage(readWhole(path)) : jpegDamage(readWhole(path));
  if (damage) throw fileFault(path, damage);
  return header;
}

/** Decodes one file. Throws a `StageError` that names it. */
export async function decodeImage(path: string): Promise<Pixels> {
  const header = readImageHeader(path);
  const bytes = readWhole(path);
  if (isPngName(path)) {
    const { decodePng } = await imported(() => import("../../formats/png.ts"));
    return await decodePng(bytes, path);
  }
  const { decodeJpeg } = await imported(() => import("../../formats/jpeg.ts"));
  return await decodeJpeg(bytes, header, path);
}

/** The reason of an error about a file; anything else is thrown on. */
export function faultOf(error: unknown): string {
  if (!(error instanceof BruitError)) throw error;
  const { reason, value } = error.fault;
  return value === undefined ? reason : `${reason}: ${value}`;
}

function isPngName(path: string): boolean {
  return /\.png$/i.test(path);
}

function folderFault(folder: string, reason: string, value?: unknown): StageError {
  return new StageError({ action: `read the folder "${folder}"`, reason, value });
}
