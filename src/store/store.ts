/**
 * The artifact store of one `runs/` folder: keeps artifacts by key, their files by digest. Knows no pipeline.
 *
 *     runs/store/blobs/ab/<sha256>            files (blobs.ts)
 *     runs/store/keys/ab/<key>.json           manifests, written last (manifest.ts)
 *     runs/store/checkpoints/                 states of long stages (checkpoints.ts)
 *     runs/store/locks/<key>.lock, use.lock   who makes what; who uses the store (lock.ts)
 *     runs/store/tmp/                         scratch (scratch.ts)
 *     runs/index.sqlite                       remembered digests, rows of runs (database.ts)
 */
import { join, resolve } from "node:path";
import { canonicalJson, type Digest } from "../base/canonical.ts";
import { StageError } from "../base/errors.ts";
import { Blobs } from "./blobs.ts";
import { StageStates } from "./checkpoints.ts";
import { IndexDatabase } from "./database.ts";
import { FileDigests } from "./digests.ts";
import { diskFault, isAbsent, remove, statOf, writeDurably } from "./disk.ts";
import { type Lock, waitForLock, type Waiting } from "./lock.ts";
import {
  filesOf,
  keyOf,
  type Manifest,
  type ManifestParts,
  parseManifest,
  sealManifest,
  type StoredFile,
  type StoredView,
} from "./manifest.ts";
import { Scratch } from "./scratch.ts";

/** What the store has under a key. `fault` says what is wrong: `train.npy is missing`. */
export type Found =
  | { readonly state: "found"; readonly manifest: Manifest }
  | { readonly state: "absent" }
  | { readonly state: "corrupt"; readonly fault: string };

/** An artifact to keep: files by path (they are moved), or files that are in the store already. */
export interface Commission extends Omit<ManifestParts, "files" | "views"> {
  readonly files: readonly (
    | { readonly name: string; readonly path: string }
    | { readonly name: string; readonly stored: StoredFile }
  )[];
  readonly views: readonly (Omit<StoredView, "digest" | "size"> & { readonly path: string })[];
}

/** Opens the store of a `runs/` folder. Nothing is written before the first artifact or `use`. */
export function openStore(root: string): DiskStore {
  return new DiskStore(resolve(root));
}

/** The store of one folder, owned by this process until `close`. */
export class DiskStore {
  readonly index: IndexDatabase;
  readonly blobs: Blobs;
  readonly scratch: Scratch;
  readonly #digests: FileDigests;
  #use: Lock | undefined;

  /** `root` is the absolute path of the `runs/` folder. */
  constructor(readonly root: string) {
    this.index = new IndexDatabase(join(root, "index.sqlite"));
    this.#digests = new FileDigests(this.index);
    this.blobs = new Blobs(this.path("blobs"), this.#digests);
    this.scratch = new Scratch(this.path("tmp"));
  }

  /** Absolute path of a part of the store. */
  path(...parts: string[]): string {
    return join(this.root, "store", ...parts);
  }

  manifestPath(key: Digest): string {
    return this.path("keys", key.slice(0, 2), `${key}.json`);
  }

  /**
   * Announces that this process works in the store, which keeps `gc` out until `close`, and clears away what dead
   * processes left. Throws `StageError` where the folder cannot be written.
   */
  async use(waiting: Waiting = {}): Promise<void> {
    await this.#guard("use the store", async () => {
      this.#use ??= await waitForLock(this.path("locks", "use.lock"), {
        ...waiting,
        mode: "shared",
      });
      this.scratch.sweep();
    });
  }

  /** Looks a key up and verifies every file of the artifact. Changes nothing. */
  async inspect(key: Digest): Promise<Found> {
    const manifest = this.readManifest(key);
    if (!manifest) return { state: "absent" };
    if (typeof manifest === "string") return { state: "corrupt", fault: manifest };
    for (const file of filesOf(manifest)) {
      const fault = await this.blobs.check(file);
      if (fault) {
        return {
          state: "corrupt",
          fault: fault === "corrupt" ? file.name : `${file.name} is missing`,
        };
      }
    }
    return { state: "found", manifest };
  }

  /** The artifact of a key if it is there, whole and right. */
  async lookup(key: Digest): Promise<Manifest | undefined> {
    const found = await this.inspect(key);
    return found.state === "found" ? found.manifest : undefined;
  }

  /** The description of a key without a look at its files; a string where it is garbled. */
  readManifest(key: Digest): Manifest | string | undefined {
    let text: string;
    try {
      text = Deno.readTextFileSync(this.manifestPath(key));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw diskFault("read the store", this.root, error);
    }
    try {
      return parseManifest(text, key);
    } catch {
      return "its manifest";
    }
  }

  /** Absolute path of a stored file. */
  filePath({ digest }: StoredFile): string {
    return this.blobs.path(digest);
  }

  /**
   * Keeps an artifact: its files first, each forced onto the disk, its manifest last. Throws `StageError` where the
   * disk is full or cannot be written; then nothing refers to what was written.
   */
  commit(commission: Commission): Promise<Manifest> {
    return this.#guard("store an artifact", async () => {
      const placed = new Map<string, StoredFile>();
      const put = async (path: string) => {
        const stored = placed.get(path) ?? await this.blobs.put(path);
        placed.set(path, stored);
        return stored;
      };
      const files: Record<string, StoredFile> = {};
      for (const file of commission.files) {
        files[file.name] = "stored" in file ? file.stored : await put(file.path);
      }
      const views: StoredView[] = [];
      for (const { path, ...view } of commission.views) views.push({ ...view, ...await put(path) });
      const { record, type, meta, summary, scores } = commission;
      const manifest = sealManifest({ record, type, meta, files, views, summary, scores });
      const text = canonicalJson(manifest);
      writeDurably(this.manifestPath(manifest.key), text, this.scratch.path());
      this.#digests.flush();
      // Read back, so that a stage finds the members of its inputs in one order, made just now or long ago.
      return parseManifest(text, manifest.key);
    });
  }

  /** Takes the lock of a key: while it is held no other run makes this artifact. */
  lockKey(key: Digest, waiting: Waiting = {}): Promise<Lock> {
    return this.#guard(
      "lock the store",
      () => waitForLock(this.path("locks", `${key}.lock`), waiting),
    );
  }

  /** A new empty folder on the store's disk, for one stage. */
  scratchFolder(): string {
    try {
      return this.scratch.folder();
    } catch (error) {
      throw diskFault("write to the store", this.root, error);
    }
  }

  /** Removes a scratch folder early. */
  dropScratch(folder: string): void {
    remove(folder);
  }

  /** The saved states of one running stage that puts its files into `folder`. */
  states(folder: string, warn: (message: string) => void): StageStates {
    return new StageStates({ root: this.path("checkpoints"), scratch: this.scratch }, folder, warn);
  }

  /** Digest of a file outside the store, remembered while the file does not change. */
  async digestFile(path: string): Promise<Digest> {
    try {
      return await this.#digests.digest(path);
    } catch (error) {
      if (!isAbsent(error)) throw diskFault(`read ${path}`, path, error);
      throw new StageError({ action: `read ${path}`, reason: "there is no such file" }, {
        cause: error,
      });
    }
  }

  /** Writes down what was learnt, removes the scratch space, lets go of the store. */
  close(): void {
    // A process that only planned, in a folder without a store, leaves none behind.
    if (statOf(this.path())) this.#digests.flush();
    this.index.close();
    this.scratch.close();
    this.#use?.release();
    this.#use = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #guard<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw diskFault(action, this.root, error);
    }
  }
}

export { keyOf };
