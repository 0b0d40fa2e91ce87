/** Care of a whole store: `verifyStore` reads everything again, `collectGarbage` drops what nobody needs. */
import { join } from "node:path";
import type { Digest } from "../base/canonical.ts";
import { StageError } from "../base/errors.ts";
import { nameOf } from "./blobs.ts";
import { checkState, dropState, endKeys, isInUse, recordsIn, statesIn } from "./checkpoints.ts";
import { hashFile } from "./digests.ts";
import { bytesBelow, diskFault, namesIn, remove, statOf } from "./disk.ts";
import { tryLock } from "./lock.ts";
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

/** What `verifyStore` found. */
export interface StoreReport {
  readonly artifacts: number;
  readonly files: number;
  readonly states: number;
  readonly bytes: number;
  readonly faults: readonly StoreFault[];
  /** Stored files that no artifact needs (`gc` removes them), paths below the `runs/` folder. */
  readonly unreferenced: readonly string[];
}

/** Reads every stored byte again, remembered digests or not, and compares. Changes nothing but those. */
export async function verifyStore(
  store: DiskStore,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<StoreReport> {
  const { manifests, faults } = readManifests(store);
  const users = usersOf(manifests);
  const blobs = blobsIn(store);
  const found = new Set(blobs);
  let bytes = 0;
  for (const [done, digest] of blobs.entries()) {
    onProgress(done, blobs.length);
    const path = store.blobs.path(digest);
    bytes += Deno.statSync(path).size;
    if (await hashFile(path) === digest) continue;
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
    bytes += bytesBelow(folder);
  }
  const unreferenced = blobs.filter((digest) => !users.has(digest)).map(blobPath);
  return {
    artifacts: manifests.length,
    files: blobs.length,
    states: states.length,
    bytes,
    faults,
    unreferenced,
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
  readonly files: number;
  readonly states: number;
  readonly bytes: number;
  readonly kept: { readonly artifacts: number; readonly files: number; readonly bytes: number };
}

/** States of stages that never finished are kept this long, so that an interrupted run can go on. */
const UNFINISHED_DAYS = 7;

/**
 * Drops artifacts whose key is not to be kept, files that no kept artifact refers to, and states that no kept
 * artifact ended with. Throws `StageError` while a run uses the store.
 */
export function collectGarbage(store: DiskStore, collection: Collection): Garbage {
  const lock = collection.dryRun ? undefined : tryLock(store.path("locks", "use.lock"));
  if (!collection.dryRun && !lock) {
    const reason = "a run is using it";
    throw new StageError({
      action: `collect garbage in ${store.root}`,
      reason,
      hint: "Try again when it has ended.",
    });
  }
  try {
    return collect(store, collection);
  } catch (error) {
    throw diskFault("collect garbage", store.root, error);
  } finally {
    lock?.release();
  }
}

function collect(store: DiskStore, { keep, dryRun, now }: Collection): Garbage {
  const { manifests, faults } = readManifests(store);
  const kept = manifests.filter(({ key }) => keep.has(key));
  const dropped = manifests.filter(({ key }) => !keep.has(key));
  const needed = usersOf(kept);
  const files = blobsIn(store).filter((digest) => !needed.has(digest));
  const states = recordsIn(store.path("checkpoints")).flatMap((home) =>
    isInUse(home) ? [] : statesIn(home).filter((state) => isStale(state, keep, now))
  );
  const doomed = [
    ...dropped.map(({ key }) => store.manifestPath(key)),
    ...faults.map(({ path }) => join(store.root, path)),
    ...files.map((digest) => store.blobs.path(digest)),
  ];
  const bytes = [...doomed, ...states].reduce((sum, path) => sum + bytesBelow(path), 0);
  if (!dryRun) {
    // Manifests come first in the list: a kill half-way leaves files without a manifest, never the reverse.
    doomed.forEach(remove);
    states.forEach((state) => dropState(state, store.scratch));
    const sql = "delete from files where name = ?";
    store.index.write(files.map((digest) => [sql, nameOf(digest)]));
    store.scratch.sweep();
  }
  const keptSizes = new Map(kept.flatMap(filesOf).map(({ digest, size }) => [digest, size]));
  return {
    artifacts: dropped.map(({ key, record }) => ({ key, kind: record.kind })),
    files: files.length,
    states: states.length,
    bytes,
    kept: {
      artifacts: kept.length,
      files: keptSizes.size,
      bytes: [...keptSizes.values()].reduce((sum, size) => sum + size, 0),
    },
  };
}

function isStale(state: string, keep: ReadonlySet<Digest>, now: number): boolean {
  const ends = endKeys(state);
  if (ends.length) return !ends.some((key) => keep.has(key));
  const changed = statOf(state)?.mtime?.getTime() ?? now;
  return now - changed > UNFINISHED_DAYS * 24 * 3600 * 1000;
}

/** Keys of all artifacts, whole or not. */
export function storedKeys(store: DiskStore): Digest[] {
  const root = store.path("keys");
  return namesIn(root).flatMap((prefix) => namesIn(join(root, prefix)))
    .filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).map((name) => name.slice(0, 64));
}

function readManifests(store: DiskStore): { manifests: Manifest[]; faults: StoreFault[] } {
  const manifests: Manifest[] = [];
  const faults: StoreFault[] = [];
  for (const key of storedKeys(store)) {
    const manifest = store.readManifest(key);
    if (typeof manifest === "object") manifests.push(manifest);
    else {
      const path = store.manifestPath(key).slice(store.root.length + 1);
      faults.push({ what: "manifest", fault: "its text is garbled", path, keys: [key] });
    }
  }
  return { manifests, faults };
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
