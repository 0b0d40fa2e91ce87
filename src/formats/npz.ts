/**
 * NumPy's .npz files: a zip archive whose entries `name.npy` are arrays. Read only, and only the arrays asked for.
 *
 * `numpy.savez` stores its arrays, which are then read where they lie; `numpy.savez_compressed` deflates them, and
 * they are inflated as they are read. An entry's size must be exactly that of its .npy header and its shape.
 */
import { firstBytes } from "./bytes.ts";
import { fileFault } from "./file.ts";
import { npyDataOffset, npyHeaderBytes, parseNpyHeader } from "./npy_header.ts";
import { type StoredArray, storedArray } from "./stored_array.ts";
import { partOf, readZipDirectory } from "./zip_directory.ts";

/** The arrays of an archive, of which nothing but the directory has been read. */
export interface NpzFile {
  readonly path: string;
  /** In the order of the file. */
  readonly names: readonly string[];
  /** Reads the header of an array. Throws a `StageError`, also for a name that is not there. */
  array(name: string): StoredArray;
}

/** Opens an archive. Throws a `StageError` that names the file. */
export function openNpz(path: string): NpzFile {
  const entries = new Map(
    readZipDirectory(path).filter(({ name }) => name.endsWith(".npy"))
      .map((entry) => [entry.name.slice(0, -".npy".length), entry]),
  );
  if (entries.size === 0) throw fileFault(path, "it holds no .npy arrays");
  return {
    path,
    names: [...entries.keys()],
    array(name) {
      const entry = entries.get(name);
      if (!entry) throw fileFault(path, "it holds no such array", name);
      const part = partOf(path, entry, arrayPlace(path, name));
      // The fixed part says how long the header is, so that no more is inflated than it takes.
      const offset = npyDataOffset(firstBytes(part, 12), part.place);
      const start = firstBytes(part, Math.min(offset, npyHeaderBytes));
      const { dtype, shape } = parseNpyHeader(start, entry.size, part.place);
      return storedArray({ part, offset, dtype, shape });
    },
  };
}

/** How errors call an array of an archive. */
export function arrayPlace(path: string, name: string): string {
  return `${path}[${name}]`;
}
