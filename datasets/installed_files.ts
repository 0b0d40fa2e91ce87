/** Files of a data set that a system package puts on the machine: where they are, and that they are the known ones. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { StageError } from "../src/base/errors.ts";

/** What a data set needs on the machine. */
export interface InstalledFiles {
  /** Where the package puts them. */
  readonly folder: string;
  /** SHA-256 by name in the folder. */
  readonly sha256: Readonly<Record<string, string>>;
  /** The command that installs them. */
  readonly install: string;
}

/** Bytes that are hashed at a time. */
const BLOCK = 1 << 20;

/**
 * Paths by name, in the order in which the files are listed, after a look at every byte.
 *
 * @throws StageError that says what to install where a file is missing, or that it is another one.
 */
export async function installedFiles(
  kind: string,
  { folder, sha256, install }: InstalledFiles,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const [name, expected] of Object.entries(sha256)) {
    const path = join(folder, name);
    const found = await digestOf(path, signal);
    const action = `read the data set "${kind}"`;
    if (found === undefined) {
      const hint = `Install it with: ${install}`;
      throw new StageError({ action, reason: `there is no file ${path}`, hint });
    }
    if (found !== expected) {
      const reason = `${path} is not the file that this data set is made of, SHA-256 ${expected}`;
      const hint = `Install it again with: ${install}\nAnother version of it is read by its path.`;
      throw new StageError({ action, reason, value: found, hint });
    }
    paths.push(path);
  }
  return paths;
}

/** SHA-256 of a file; undefined where there is none. */
async function digestOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  using _ = file;
  const hash = createHash("sha256"), block = new Uint8Array(BLOCK);
  for (let got = await file.read(block); got !== null; got = await file.read(block)) {
    signal.throwIfAborted();
    hash.update(block.subarray(0, got));
  }
  return hash.digest("hex");
}
