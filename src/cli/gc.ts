/** `bruit gc`: drops what the newest runs do not need, or says what that would be. */
import { gc as collect } from "../pipeline/runs.ts";
import { bytesText, countText, shortDigest, tableText } from "./format.ts";
import type { CommonOptions } from "./options.ts";
import { openToWrite } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/** Lists what is not needed; with `yes` drops it. */
export function gc(
  terminal: Terminal,
  options: CommonOptions & { readonly keep: number; readonly yes?: boolean },
): Promise<number> {
  using store = openToWrite(options.runs, "gc");
  const dryRun = !options.yes;
  const { artifacts, files, states, bytes, kept } = collect(store, {
    keepRuns: options.keep,
    dryRun,
    now: terminal.date().getTime(),
  });
  terminal.out(tableText(artifacts.map(({ key, kind }) => [kind, shortDigest(key)])));
  const counts = [
    countText(artifacts.length, "artifact"),
    countText(files, "file"),
    countText(states, "saved state"),
    bytesText(bytes),
  ].join(", ");
  terminal.out(`${dryRun ? "would drop" : "dropped"} ${counts}\n`);
  terminal.out(
    `${dryRun ? "would keep" : "kept"} ${countText(kept.artifacts, "artifact")}, ${
      bytesText(kept.bytes)
    }\n`,
  );
  if (dryRun && (artifacts.length > 0 || files > 0 || states > 0)) {
    terminal.out("nothing was dropped: add --yes\n");
  }
  return Promise.resolve(0);
}
