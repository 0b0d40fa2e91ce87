/** Puts the provider's libraries beside ONNX Runtime's own: fetched, checked, and moved into place at once. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ProviderFile, ProviderPackage } from "../../runtime/cuda_provider.ts";
import { StageError } from "../../base/errors.ts";
import { diskFault, namesIn, remove, statOf, sync } from "../../store/disk.ts";
import { digestOfFile, packFromNpm } from "./npm_package.ts";
import { readTar } from "./tar.ts";

/** What an installation reports: lines, and how far a long one is. */
export interface Progress {
  line(text: string): void;
  /** Called often while a file is unpacked. */
  bytes(name: string, done: number, total: number): void;
}

const action = "install the CUDA provider";

/** Names of scratch folders; what a killed installation left is removed by the next one. */
const SCRATCH = ".setup-cuda-";

/** Are all files of the package there, with the right bytes? */
export async function isInstalled(
  { files }: ProviderPackage,
  folder: string,
): Promise<boolean> {
  for (const { name, bytes, sha256 } of files) {
    const path = join(folder, name);
    if (statOf(path)?.size !== bytes) return false;
    if (await digestOfFile(path, "sha256", "hex") !== sha256) return false;
  }
  return true;
}

/** Brings the files into the folder. A crash leaves the old files or the new ones, never half of one. */
export async function install(
  provider: ProviderPackage,
  folder: string,
  progress: Progress,
  npm?: string,
): Promise<void> {
  removeLeftovers(folder);
  let scratch: string | undefined;
  try {
    scratch = await Deno.makeTempDir({ dir: folder, prefix: SCRATCH });
    const size = `${Math.round(provider.bytes / 1e6)} MB`;
    progress.line(`fetching ${provider.name}@${provider.version} with npm (${size})`);
    const packed = await packFromNpm(provider, scratch, npm);
    progress.line("its digest is the pinned one; unpacking");
    await unpack(provider, packed, scratch, progress);
    for (const { name } of provider.files) {
      Deno.renameSync(join(scratch, name), join(folder, name));
      progress.line(`installed ${join(folder, name)}`);
    }
    sync(folder);
  } catch (error) {
    throw diskFault(action, folder, error);
  } finally {
    if (scratch) remove(scratch);
  }
}

/** Scratch folders that are older than an hour belong to nobody. */
function removeLeftovers(folder: string): void {
  for (const name of namesIn(folder).filter((each) => each.startsWith(SCRATCH))) {
    const changed = statOf(join(folder, name))?.mtime?.getTime() ?? 0;
    if (Date.now() - changed > 3600e3) remove(join(folder, name));
  }
}

/** Unpacks the wanted files into the scratch folder and checks each against its digest. */
async function unpack(
  { folder, files }: ProviderPackage,
  packed: string,
  scratch: string,
  progress: Progress,
): Promise<void> {
  const wanted = new Map(files.map((file) => [`${folder}/${file.name}`, file]));
  const stream = (await Deno.open(packed)).readable.pipeThrough(new DecompressionStream("gzip"));
  await readTar(stream as ReadableStream<Uint8Array<ArrayBuffer>>, (name) => {
    const file = wanted.get(name);
    if (!file) return undefined;
    wanted.delete(name);
    return fileSink(file, join(scratch, file.name), progress);
  });
  if (wanted.size > 0) {
    throw new StageError({ action, reason: `the package has no ${[...wanted.keys()].join(", ")}` });
  }
}

function fileSink({ name, bytes, sha256 }: ProviderFile, path: string, progress: Progress) {
  const target = Deno.openSync(path, { write: true, createNew: true, mode: 0o755 });
  const hash = createHash("sha256");
  let done = 0;
  return {
    write(piece: Uint8Array) {
      for (let written = 0; written < piece.length;) {
        written += target.writeSync(piece.subarray(written));
      }
      hash.update(piece);
      done += piece.length;
      progress.bytes(name, done, bytes);
    },
    close() {
      target.syncSync();
      target.close();
      if (hash.digest("hex") === sha256) return;
      throw new StageError({ action, reason: `${name} in the package has another digest` });
    },
  };
}
