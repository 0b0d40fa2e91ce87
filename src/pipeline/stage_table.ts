/**
 * What each stage of a run cost and came to, as CSV for spreadsheets: seconds belong to a run and not to an artifact,
 * so this is where they meet an artifact's numbers (evaluations of a model, a metric). Knows no kind by name.
 */
import { csvText } from "../base/csv.ts";
import type { Manifest } from "../store/manifest.ts";
import type { RunRecord } from "./types.ts";

/**
 * A line for each stage: what became of it, the seconds that this run spent on it (a hit costs its reading), and its
 * summary, a column for every name that any stage has. Empty where a stage has nothing to say.
 */
export function stageTable(
  { stages }: RunRecord,
  artifacts: ReadonlyMap<string, Manifest>,
): string {
  const names = [
    ...new Set([...artifacts.values()].flatMap(({ summary }) => Object.keys(summary))),
  ];
  const rows = stages.map(({ id, status, durationMs }) => {
    const manifest = artifacts.get(id);
    const kind = manifest?.record.kind ?? "";
    const seconds = (durationMs / 1000).toFixed(3);
    return [id, kind, status, seconds, ...names.map((name) => manifest?.summary[name])];
  });
  const head = ["stage", "kind", "status", "seconds", ...names];
  return csvText(head, rows);
}
