/** Fetches one pinned npm package through the npm that is installed, so that its registry and proxy apply. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { StageError } from "../../base/errors.ts";
import { namesIn } from "../../store/disk.ts";

/** A package at one version, with the digest of its packed form. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** `sha512-...`, base64. */
  readonly integrity: string;
}

const action = "fetch the CUDA provider";

/**
 * Packs the package into an empty folder and returns the path of the .tgz. Throws `StageError` where there is no
 * npm, where npm fails (with npm's own words), or where the digest is another than the pinned one.
 */
export async function packFromNpm(
  { name, version, integrity }: PinnedPackage,
  folder: string,
  npm = "npm",
): Promise<string> {
  const args = ["pack", `${name}@${version}`, "--pack-destination", folder, "--ignore-scripts"];
  const { success, stderr } = await runNpm(npm, args, folder);
  if (!success) throw npmFault(new TextDecoder().decode(stderr));
  const packed = namesIn(folder).find((file) => file.endsWith(".tgz"));
  if (!packed) throw new StageError({ action, reason: "npm pack left no .tgz" });
  const path = join(folder, packed);
  const found = `sha512-${await digestOfFile(path, "sha512", "base64")}`;
  if (found !== integrity) {
    throw new StageError({
      action,
      reason: `what npm brought for ${name}@${version} has another digest than the pinned one`,
      value: found,
      hint: "The registry or something on the way changed it; nothing was installed.",
    });
  }
  return path;
}

async function runNpm(npm: string, args: string[], cwd: string): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(npm, { args, cwd, stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new StageError({
      action,
      reason: `${npm} was not found`,
      hint: "Install Node.js with npm, or put it on the PATH.",
    });
  }
}

/** npm's own explanation: the lines that begin with `npm error`, without those about its log file. */
function npmFault(stderr: string): StageError {
  const lines = stderr.split("\n").filter((line) => /^npm (error|ERR!)/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!) ?/, "").trim())
    .filter((line) => line !== "" && !line.includes("log of this run"));
  if (lines.some((line) => /\bENOSPC\b/.test(line))) {
    const hint = "Free some space (600 MB are needed for a moment), then run again.";
    return new StageError({ action, reason: "the disk is full", hint });
  }
  return new StageError({
    action,
    reason: `npm pack failed: ${lines.slice(0, 3).join("; ") || "it gave no reason"}`,
    hint: "Check the network and npm's registry setting (`npm config get registry`).",
  });
}

/** Digest of a file, read in pieces. */
export async function digestOfFile(
  path: string,
  algorithm: "sha256" | "sha512",
  encoding: "hex" | "base64",
): Promise<string> {
  const hash = createHash(algorithm);
  using file = await Deno.open(path);
  const piece = new Uint8Array(1 << 20);
  for (;;) {
    const count = await file.read(piece);
    if (count === null) return hash.digest(encoding);
    hash.update(piece.subarray(0, count));
  }
}
