/**
 * Durable small steps on a disk: write so that a crash leaves the old file or the new one, never half of it.
 * Faults of the disk (full, read-only, forbidden) become errors for the user here; all others pass through.
 */
import { dirname } from "node:path";
import { StageError } from "../base/errors.ts";

/** What the codes of the operating system mean to a user, and what to do about each. */
const diskFaults: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: [
    "the disk is full",
    "Free some space (`deno task gc` drops what old runs left), then run again.",
  ],
  EDQUOT: ["the disk quota is used up", "Free some space (`deno task gc`), then run again."],
  EROFS: ["the file system is read-only", "Choose another folder with --runs DIR."],
  EACCES: ["this user may not write there", "Change its owner or mode, or choose --runs DIR."],
  EPERM: ["this user may not write there", "Change its owner or mode, or choose --runs DIR."],
  ENOTDIR: ["a file stands where a folder is needed", "Move that file away, or choose --runs DIR."],
  EIO: ["the disk reports an input/output error", "Check the disk, then run again."],
};

/** Turns a fault of the disk into a `StageError` that names the folder; any other error comes back as it is. */
export function diskFault(action: string, folder: string, error: unknown): unknown {
  if (error instanceof Deno.errors.NotCapable) {
    const hint = `Give it with --allow-read=${folder} --allow-write=${folder}.`;
    return new StageError({ action, reason: `Deno has no permission for ${folder}`, hint }, {
      cause: error,
    });
  }
  const [reason, hint] = diskFaults[(error as { code?: string })?.code ?? ""] ?? [];
  if (!reason) return error;
  return new StageError({ action, reason: `${reason} (${folder})`, hint }, { cause: error });
}

/** Is this the error of a disk without room? */
export function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes((error as { code?: string })?.code ?? "");
}

/** Is this the error of a path that does not exist, be it because a file stands where a folder would lead to it? */
export function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    ["ENOENT", "ENOTDIR"].includes((error as { code?: string })?.code ?? "");
}

/** The facts of a file, or undefined where there is none. */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Names in a folder, sorted; none where the folder does not exist. */
export function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Forces a file or a folder onto the disk; for a folder that is its names, so a rename in it. */
export function sync(path: string): void {
  const file = Deno.openSync(path, { read: true });
  try {
    file.syncSync();
  } finally {
    file.close();
  }
}

/** Makes a folder with its parents; their names are forced onto the disk where they are new. */
export function makeFolder(path: string): void {
  if (statOf(path)) return;
  makeFolder(dirname(path));
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    const reason = noFolderThere(error);
    if (!reason) throw error;
    const hint = "Choose another folder with --runs DIR.";
    throw new StageError({ action: `make the folder ${path}`, reason, hint }, { cause: error });
  }
  sync(dirname(path));
}

/** Why a folder cannot be made in one that is there; undefined for faults that `diskFault` has words for. */
function noFolderThere(error: unknown): string | undefined {
  if (error instanceof Deno.errors.NotFound) return "the system allows none there";
  if (error instanceof Deno.errors.AlreadyExists) return "a link that leads nowhere has its name";
}

/** Moves a synced file or folder to its place; the names are on the disk when this returns. */
export function moveDurably(from: string, to: string): void {
  makeFolder(dirname(to));
  Deno.renameSync(from, to);
  sync(dirname(to));
}

/** Writes a text under `temporary`, then moves it to its place. */
export function writeDurably(path: string, text: string, temporary: string): void {
  Deno.writeTextFileSync(temporary, text);
  sync(temporary);
  moveDurably(temporary, path);
}

/** Removes a file or a folder with all that is in it; nothing happens where there is none. */
export function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Bytes of a file, or of all files below a folder. */
export function bytesBelow(path: string): number {
  const info = statOf(path);
  if (!info?.isDirectory) return info?.size ?? 0;
  return namesIn(path).reduce((sum, name) => sum + bytesBelow(`${path}/${name}`), 0);
}
