/**
 * Locks between processes: a file each, held by the kernel (flock), so that a dead process holds none.
 *
 * The holder of an exclusive lock removes its file before letting go. Whoever was waiting then holds a file without
 * a name, notices (the inode at the path is another one or none) and starts over, so no lock files pile up.
 */
import { dirname } from "node:path";
import { isAbsent, makeFolder, remove, statOf } from "./disk.ts";

/** A lock that is held; `release` may be called twice. */
export interface Lock {
  release(): void;
}

/** Takes a lock if it is free. Shared ones exclude only exclusive ones. */
export function tryLock(
  path: string,
  mode: "exclusive" | "shared" = "exclusive",
): Lock | undefined {
  makeFolder(dirname(path));
  const exclusive = mode === "exclusive";
  for (;;) {
    const file = Deno.openSync(path, { read: true, write: true, create: true });
    if (!file.tryLockSync(exclusive)) {
      file.close();
      return undefined;
    }
    if (statOf(path)?.ino === file.statSync().ino) return held(file, path, exclusive);
    file.close();
  }
}

function held(file: Deno.FsFile, path: string, exclusive: boolean): Lock {
  let open = true;
  return {
    release() {
      if (!open) return;
      open = false;
      try {
        if (exclusive) remove(path);
      } finally {
        file.close();
      }
    },
  };
}

/** How to wait for a lock. */
export interface Waiting {
  /** Default: exclusive. */
  readonly mode?: "exclusive" | "shared";
  readonly signal?: AbortSignal;
  /** Called once, if the lock is not free at once. */
  onWait?(): void;
}

/**
 * Takes a lock, waiting for its holder. Asking again (every 10 to 200 ms) instead of blocking in the
 * kernel keeps Ctrl-C alive. Throws the signal's reason when aborted.
 */
export async function waitForLock(path: string, waiting: Waiting = {}): Promise<Lock> {
  for (let pauseMs = 10;; pauseMs = Math.min(200, pauseMs * 1.5)) {
    waiting.signal?.throwIfAborted();
    const lock = tryLock(path, waiting.mode);
    if (lock) return lock;
    if (pauseMs === 10) waiting.onWait?.();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Is somebody holding this lock? A file that nobody holds is left as it is. */
export function isLocked(path: string): boolean {
  try {
    const file = Deno.openSync(path, { read: true });
    try {
      return !file.tryLockSync(true);
    } finally {
      file.close();
    }
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
