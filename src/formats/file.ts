/** Whole and exact reads and writes of local files, and the error of a file that is not what it promises. */
import { join, sep } from "node:path";
import { StageError } from "../base/errors.ts";

/** A `StageError` about one file: `Cannot read a.npy: it is 4 bytes short: ...`. */
export function fileFault(
  file: string,
  reason: string,
  value?: unknown,
  hint?: string,
): StageError {
  return new StageError({ action: `read "${file}"`, reason, value, hint });
}

/** Opens a file for reading; a missing or unreadable one is a `StageError`, with the reason. */
export function openForReading(path: string): Deno.FsFile {
  try {
    // It is asked before it is opened, for opening a named pipe waits for a writer that may never come.
    if (Deno.statSync(path).isFile) return Deno.openSync(path, { read: true });
  } catch (error) {
    throw unreadable(path, error);
  }
  throw fileFault(path, "it is not a regular file");
}

/** Reads a whole file; a missing or unreadable one is a `StageError`, with the reason. */
export function readWhole(path: string): Uint8Array<ArrayBuffer> {
  using file = openForReading(path);
  const bytes = new Uint8Array(file.statSync().size);
  readFully(file, bytes, path);
  return bytes;
}

/** Fills `target` from the current position. Throws a `StageError` where the file ends before. */
export function readFully(file: Deno.FsFile, target: Uint8Array, path: string): void {
  let filled = 0;
  while (filled < target.length) {
    const got = file.readSync(target.subarray(filled));
    if (got === null || got === 0) {
      throw fileFault(path, `it ends ${target.length - filled} bytes too early`);
    }
    filled += got;
  }
}

/** Bytes `start` to `start + length - 1` of a file. Throws a `StageError` where it ends before. */
export function readRange(path: string, start: number, length: number): Uint8Array<ArrayBuffer> {
  using file = openForReading(path);
  const { size } = file.statSync();
  if (start + length > size) {
    throw fileFault(path, `it ends ${start + length - size} bytes too early`);
  }
  file.seekSync(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  readFully(file, bytes, path);
  return bytes;
}

/** What lies in a folder, in no order; one that is missing or unreadable is a `StageError`, with the reason. */
export function readFolder(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    throw unreadable(folder, error, "folder");
  }
}

/** The path to which links lead; one that leads nowhere is a `StageError` that names it. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * The path of an entry of a folder. A link inside the folder is followed; one that leads out of it is a
 * `StageError`, so that a folder from elsewhere cannot make its reader read other files.
 */
export function pathInside(folder: string, name: string): string {
  const path = join(folder, name);
  const target = realPath(path);
  if (!isInside(realPath(folder), target)) {
    throw fileFault(path, "it is a link that leads out of its folder", target, "Copy the file.");
  }
  return path;
}

/** Whether a path is a folder or lies in it; of both the real paths. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Writes all bytes at the current position. */
export function writeFully(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

function unreadable(path: string, error: unknown, what: "file" | "folder" = "file"): StageError {
  const missing = error instanceof Deno.errors.NotFound;
  const reason = missing
    ? `there is no such ${what}`
    : error instanceof Error
    ? error.message
    : String(error);
  const action = what === "folder" ? `read the folder "${path}"` : `read "${path}"`;
  return new StageError({ action, reason }, { cause: error });
}
