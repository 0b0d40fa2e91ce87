/**
 * Scratch folders: `store/tmp/<pid>-<random>/`, one per process, with a lock `<pid>-<random>.lock` beside it.
 *
 * The lock is taken before the folder is made and given up after it is gone, so a folder whose lock is free belongs
 * to a dead process, whatever killed it and whoever has its process number now.
 */
import { join } from "node:path";
import { makeFolder, namesIn, remove } from "./disk.ts";
import { type Lock, tryLock } from "./lock.ts";

/** The scratch space of this process. */
export class Scratch {
  #folder: string | undefined;
  #lock: Lock | undefined;
  #count = 0;

  constructor(private readonly root: string) {}

  /** A new path on the store's disk at which nothing stands yet. */
  path(): string {
    return join(this.#open(), `${this.#count++}`);
  }

  /** A new empty folder. */
  folder(): string {
    const path = this.path();
    Deno.mkdirSync(path);
    return path;
  }

  /** Removes what dead processes left behind, and tells how many folders that were. */
  sweep(): number {
    const names = new Set(namesIn(this.root).map((name) => name.replace(/\.lock$/, "")));
    let swept = 0;
    for (const name of names) {
      const lock = tryLock(join(this.root, `${name}.lock`));
      if (!lock) continue;
      remove(join(this.root, name));
      lock.release();
      swept++;
    }
    return swept;
  }

  close(): void {
    if (this.#folder) remove(this.#folder);
    this.#lock?.release();
    this.#folder = this.#lock = undefined;
  }

  #open(): string {
    while (!this.#folder) {
      const random = crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, "0");
      const folder = join(this.root, `${Deno.pid}-${random}`);
      this.#lock = tryLock(`${folder}.lock`);
      if (!this.#lock) continue;
      makeFolder(folder);
      this.#folder = folder;
    }
    return this.#folder;
  }
}
