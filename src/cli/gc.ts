/** The command `gc`: drops what the newest runs do not need, or says what that would be. */
import { gc as collect } from "../pipeline/runs.ts";
import { amountText, shortDigest, tableText } from "./format.ts";
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
  const { artifacts, dropped, kept } = collect(store, {
    keepRuns: options.keep,
    dryRun,
    now: terminal.date().getTime(),
  });
  terminal.out(tableText(artifacts.map(({ key, kind }) => [kind, shortDigest(key)])));
  terminal.out(`${dryRun ? "would drop" : "dropped"} ${amountText(dropped)}\n`);
  terminal.out(`${dryRun ? "would keep" : "kept"} ${amountText(kept)}\n`);
  if (dryRun && dropped.artifacts + dropped.files + dropped.states > 0) {
    terminal.out("nothing was dropped: add --yes\n");
  }
  return Promise.resolve(0);
}
