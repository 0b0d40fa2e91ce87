/** The command `ls`: the runs on record. */
import { listRuns } from "../pipeline/runs.ts";
import { durationText, shortDigest, tableText } from "./format.ts";
import type { CommonOptions } from "./options.ts";
import { openToLook } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/** Lists the runs, newest first. */
export function ls(terminal: Terminal, options: CommonOptions): Promise<number> {
  using store = openToLook(options.runs);
  const runs = listRuns(store);
  if (options.json) {
    terminal.out(JSON.stringify(runs) + "\n");
  } else if (runs.length === 0) {
    terminal.out(`no runs in ${options.runs} yet\n`);
  } else {
    const rows = runs.map((
      { id, hash, pipeline, status, durationMs, file },
    ) => [id, shortDigest(hash), pipeline, status, durationText(durationMs), file]);
    terminal.out(tableText([["run", "hash", "pipeline", "status", "took", "file"], ...rows]));
  }
  return Promise.resolve(0);
}
