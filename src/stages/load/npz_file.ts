/**
 * Images, or one array for each of their channels, in a .npz file, and their labels in the same file. Nothing is
 * unpacked: arrays are read, and inflated where they are compressed, row by row.
 */
import { BruitError, ParamError } from "../../base/errors.ts";
import { type NpzFile, openNpz } from "../../formats/npz.ts";
import { arrayImages, arrayShapes } from "./array_images.ts";
import type { SourceKind } from "./source.ts";

/** Arrays that an error lists, at most. */
const LISTED = 32;

export const npzFile: SourceKind = {
  summary: `a .npz file with arrays of shape ${arrayShapes}`,
  named: true,
  takes: ["layout"],
  accepts: (path, isFolder) => !isFolder && path.endsWith(".npz"),
  files: (path) => [path],
  open(path, params) {
    const file = openNpz(path);
    const names = params.arrays ?? [onlyImages(file, params.labels)];
    names.forEach((name, i) => checkName(file, name, ["arrays", i]));
    if (params.labels !== undefined) checkName(file, params.labels, ["labels"]);
    return arrayImages(
      names.map((name) => ({ name, array: file.array(name) })),
      params.labels === undefined ? undefined : file.array(params.labels),
      params,
    );
  },
};

/**
 * The one array that can be images. Throws `ParamError` with all arrays where there is none, or a choice. One that
 * cannot be read leaves a choice: it may be the images, damaged, and another of the same shape their masks.
 */
function onlyImages(file: NpzFile, labels: string | undefined): string {
  const others = file.names.filter((name) => name !== labels);
  const candidates = others.filter((name) => looksLikeImages(file, name) !== false);
  if (candidates.length === 1 && looksLikeImages(file, candidates[0])) return candidates[0];
  throw new ParamError(
    ["arrays"],
    candidates.length
      ? "must say which arrays are the images, or one channel each"
      : `must name the images: no array has the shape ${arrayShapes}`,
    undefined,
    `${file.path} holds ${arrayList(file)}.`,
  );
}

/** Undefined where the array cannot be read. */
function looksLikeImages(file: NpzFile, name: string): boolean | undefined {
  try {
    const { shape } = file.array(name);
    return (shape.length === 3 || shape.length === 4) && !shape.includes(0);
  } catch (error) {
    if (error instanceof BruitError) return undefined;
    throw error;
  }
}

function checkName(file: NpzFile, name: string, parameter: readonly (string | number)[]): void {
  if (file.names.includes(name)) return;
  const hint = `${file.path} holds ${arrayList(file)}.`;
  throw new ParamError(parameter, "names no array of the file", name, hint);
}

function arrayList(file: NpzFile): string {
  const listed = file.names.slice(0, LISTED).map((name) => {
    try {
      const { dtype, shape } = file.array(name);
      return `${name} (${shape.join(", ")}) ${dtype}`;
    } catch (error) {
      if (error instanceof BruitError) return `${name} (not readable: ${error.fault.reason})`;
      throw error;
    }
  });
  const more = file.names.length - listed.length;
  return listed.join("; ") + (more > 0 ? `; and ${more} more` : "");
}
