/** Care of a whole store: `verifyStore` reads everything again, `collectGarbage` drops what nobody needs. */
import { join } from "node:path";
import type { Digest } from "../base/canonical.ts";
import { StageError } from "../base/errors.ts";
import { nameOf } from "./blobs.ts";
import { checkState, dropState, endKeys, isInUse, recordsIn, statesIn } from "./checkpoints.ts";
import { hashFile } from "./digests.ts";
import { bytesBelow, diskFault, namesIn, remove, statOf } from "./disk.ts";
import { type Lock, tryLock } from "./lock.ts";
import { filesOf, type Manifest } from "./manifest.ts";
import type { DiskStore } from "./store.ts";

/** Something that is not as it should be. */
export interface StoreFault {
  readonly what: "manifest" | "file" | "state";
  readonly fault: string;
  /** Path below the `runs/` folder. */
  readonly path: string;
  /** Keys of the artifacts that need the file. */
  readonly keys: readonly Digest[];
}

/** How much there is: of artifacts, without their manifests, and of saved states. Run folders are apart. */
export interface Amount {
  readonly artifacts: number;
  /** Files of artifacts, each of them once, however many artifacts share it. */
  readonly files: number;
  readonly fileBytes: number;
  readonly states: number;
  readonly stateBytes: number;
}

/** What `verifyStore` found. */
export interface StoreReport {
  readonly amount: Amount;
  readonly faults: readonly StoreFault[];
  /** Stored files that no artifact needs (`gc` removes them), paths below the `runs/` folder. */
  readonly unreferenced: readonly string[];
}

/** Reads every stored byte again, remembered digests or not, and compares. Changes nothing but those. */
export async function verifyStore(
  store: DiskStore,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<StoreReport> {
  const { manifests, faults } = readManifests(store, storedKeys(store));
  const users = usersOf(manifests);
  const blobs = blobsIn(store);
  const found = new Set(blobs);
  for (const [done, digest] of blobs.entries()) {
    onProgress(done, blobs.length);
    if (await hashFile(store.blobs.path(digest)) === digest) continue;
    store.index.write([["delete from files where name = ?", nameOf(digest)]]);
    faults.push(fileFault(digest, "its bytes do not have its digest", users));
  }
  for (const digest of users.keys()) {
    if (!found.has(digest)) faults.push(fileFault(digest, "it is missing", users));
  }
  const states = recordsIn(store.path("checkpoints")).flatMap(statesIn);
  for (const folder of states) {
    const fault = await checkState(folder);
    const path = folder.slice(store.root.length + 1);
    if (fault) faults.push({ what: "state", fault, path, keys: endKeys(folder) });
  }
  const unreferenced = blobs.filter((digest) => !users.has(digest)).map(blobPath);
  return { amount: amountOf(store, manifests.length, blobs, states), faults, unreferenced };
}

function amountOf(
  { blobs }: DiskStore,
  artifacts: number,
  files: readonly Digest[],
  states: readonly string[],
): Amount {
  const bytesOf = (paths: readonly string[]) =>
    paths.reduce((sum, path) => sum + bytesBelow(path), 0);
  return {
    artifacts,
    files: files.length,
    fileBytes: bytesOf(files.map((digest) => blobs.path(digest))),
    states: states.length,
    stateBytes: bytesOf(states),
  };
}

/** What to keep and whether to do it. */
export interface Collection {
  /** Keys of the artifacts that stay, with the states they ended with. */
  readonly keep: ReadonlySet<Digest>;
  readonly dryRun: boolean;
  /** Present time in milliseconds since 1970. */
  readonly now: number;
}

/** What `collectGarbage` dropped, or would drop. */
export interface Garbage {
  readonly artifacts: readonly { readonly key: Digest; readonly kind: string }[];
  readonly dropped: Amount;
  readonly kept: Amount;
}

/** States of stages that never finished are kept this long, so that an interrupted run can go on. */
const UNFINISHED_DAYS = 7;

/**
 * Drops artifacts whose key is not to be kept, files that no kept artifact refers to, and states that no kept
 * artifact ended with. Throws `StageError` while a run uses the store.
 */
export function collectGarbage(store: DiskStore, collection: Collection): Garbage {
  let lock: Lock | undefined;
  try {
    if (!collection.dryRun) lock = lockWhole(store);
    return collect(store, collection);
  } catch (error) {
    throw diskFault("collect garbage", store.root, error);
  } finally {
    lock?.release();
  }
}

function lockWhole(store: DiskStore): Lock {
  const lock = tryLock(store.path("locks", "use.lock"));
  if (lock) return lock;
  const reason = "a run is using it";
  const hint = "Try again when it has ended.";
  throw new StageError({ action: `collect garbage in ${store.root}`, reason, hint });
}

function collect(store: DiskStore, { keep, dryRun, now }: Collection): Garbage {
  const keys = storedKeys(store);
  const { manifests: kept, faults } = readManifests(store, keys.filter((key) => keep.has(key)));
  const dropped = keys.filter((key) => !keep.has(key))
    .map((key) => ({ key, kind: kindIn(store.manifestPath(key)) }));
  const needed = usersOf(kept);
  const blobs = blobsIn(store);
  const files = blobs.filter((digest) => !needed.has(digest));
  const homes = recordsIn(store.path("checkpoints"));
  const states = homes.filter((home) => !isInUse(home)).flatMap(statesIn)
    .filter((state) => isStale(state, keep, now));
  const stale = new Set(states);
  const garbage = {
    artifacts: dropped,
    dropped: amountOf(store, dropped.length, files, states),
    kept: amountOf(
      store,
      kept.length,
      blobs.filter((digest) => needed.has(digest)),
      homes.flatMap(statesIn).filter((state) => !stale.has(state)),
    ),
  };
  if (dryRun) return garbage;
  // Manifests come first: a kill half-way leaves files without a manifest, never the reverse.
  dropped.forEach(({ key }) => remove(store.manifestPath(key)));
  faults.forEach(({ path }) => remove(join(store.root, path)));
  files.forEach((digest) => remove(store.blobs.path(digest)));
  states.forEach((state) => dropState(state, store.scratch));
  const sql = "delete from files where name = ?";
  store.index.write(files.map((digest) => [sql, nameOf(digest)]));
  store.scratch.sweep();
  return garbage;
}

function isStale(state: string, keep: ReadonlySet<Digest>, now: number): boolean {
  const ends = endKeys(state);
  if (ends.length) return !ends.some((key) => keep.has(key));
  const changed = statOf(state)?.mtime?.getTime() ?? now;
  return now - changed > UNFINISHED_DAYS * 24 * 3600 * 1000;
}

/** Keys of all artifacts, whole or not; of those that begin with `two` characters where these are given. */
export function storedKeys(store: DiskStore, two?: string): Digest[] {
  const root = store.path("keys");
  return (two === undefined ? namesIn(root) : [two])
    .flatMap((prefix) => namesIn(join(root, prefix)))
    .filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).map((name) => name.slice(0, 64));
}

function readManifests(
  store: DiskStore,
  keys: readonly Digest[],
): { manifests: Manifest[]; faults: StoreFault[] } {
  const manifests: Manifest[] = [];
  const faults: StoreFault[] = [];
  for (const key of keys) {
    const manifest = store.readManifest(key);
    if (typeof manifest === "object") manifests.push(manifest);
    else {
      const path = store.manifestPath(key).slice(store.root.length + 1);
      faults.push({ what: "manifest", fault: "its text is garbled", path, keys: [key] });
    }
  }
  return { manifests, faults };
}

/** The kind in a manifest that is to go: for a list, so without a look at its digests. */
function kindIn(path: string): string {
  try {
    return String(JSON.parse(Deno.readTextFileSync(path)).record.kind);
  } catch {
    return "garbled";
  }
}

/** Which artifacts need which file. */
function usersOf(manifests: readonly Manifest[]): Map<Digest, Digest[]> {
  const users = new Map<Digest, Digest[]>();
  for (const manifest of manifests) {
    for (const { digest } of filesOf(manifest)) {
      const keys = users.get(digest);
      if (!keys) users.set(digest, [manifest.key]);
      else if (keys.at(-1) !== manifest.key) keys.push(manifest.key);
    }
  }
  return users;
}

function blobsIn(store: DiskStore): Digest[] {
  return namesIn(store.blobs.root).flatMap((prefix) => namesIn(join(store.blobs.root, prefix)));
}

const blobPath = (digest: Digest) => join("store", "blobs", digest.slice(0, 2), digest);

function fileFault(digest: Digest, fault: string, users: Map<Digest, Digest[]>): StoreFault {
  return { what: "file", fault, path: blobPath(digest), keys: users.get(digest) ?? [] };
}
