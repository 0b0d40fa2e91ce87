/** The `runs/` folder of a command: where it is and whether this process may write there. */
import { resolve } from "node:path";
import { SpecError } from "../base/errors.ts";
import { statOf } from "../store/disk.ts";
import { type DiskStore, openStore } from "../store/store.ts";

/** Opens the store for a command that only looks. Throws `SpecError` where a file has the folder's name. */
export function openToLook(runs: string): DiskStore {
  const path = resolve(runs);
  if (statOf(path)?.isFile) {
    throw new SpecError({ action: `use ${runs} for runs`, reason: "it is a file, not a folder" });
  }
  return openStore(path);
}

/**
 * Opens the store for a command that writes. Throws `SpecError` where Deno was not given the permission, which
 * the tasks of `deno.json` give for `runs/` alone.
 */
export function openToWrite(runs: string, verb: string): DiskStore {
  const path = resolve(runs);
  if (Deno.permissions.querySync({ name: "write", path }).state !== "granted") {
    throw new SpecError({
      action: `write to ${runs}`,
      reason: "the tasks may write under runs/ only",
      hint:
        `Allow the folder yourself: deno run --allow-read --allow-write=${runs} --allow-ffi --allow-env --allow-sys src/main.ts ${verb} ... --runs ${runs}`,
    });
  }
  return openToLook(runs);
}
