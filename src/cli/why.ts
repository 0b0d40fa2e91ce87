/** The command `why`: why a stage would run again, or in what two recipes differ. */
import { SpecError } from "../base/errors.ts";
import type { Json } from "../base/canonical.ts";
import { suggestion } from "../base/nearest.ts";
import { diffRecords } from "../pipeline/explain.ts";
import { plan as planStages } from "../pipeline/plan.ts";
import { findArtifact } from "../pipeline/runs.ts";
import type { Plan } from "../pipeline/types.ts";
import type { DiskStore } from "../store/store.ts";
import { tableText } from "./format.ts";
import { compiledFile } from "./compiled.ts";
import type { FileOptions } from "./options.ts";
import { openToLook } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/** `why FILE STAGE` where `first` is a file, otherwise `why KEY KEY`. */
export async function why(
  terminal: Terminal,
  first: string,
  second: string,
  options: FileOptions,
): Promise<number> {
  using store = openToLook(options.runs);
  if (/^[0-9a-f]{4,64}$/.test(first)) {
    terminal.out(recipesText(store, first, second));
    return 0;
  }
  const { dag } = await compiledFile(terminal, first, options.set);
  terminal.out(stageText(await planStages(dag, store), second, first));
  return 0;
}

/** The verdict on a stage and on every stage above it that has to run. */
function stageText({ dag, stages }: Plan, id: string, file: string): string {
  const verdicts = new Map(stages.map((stage) => [stage.id, stage]));
  const inputs = new Map(dag.nodes.map(({ spec }) => [spec.id, Object.values(spec.from).flat()]));
  if (!verdicts.has(id)) {
    throw new SpecError({
      action: `explain "${id}"`,
      reason: `${file} has no stage of this name`,
      hint: suggestion(id, verdicts.keys()),
    });
  }
  const wanted = new Set([id]);
  for (const each of wanted) { // `wanted` grows while it is walked.
    for (const input of inputs.get(each)!) {
      if (verdicts.get(input)!.verdict !== "hit") wanted.add(input);
    }
  }
  const rows = dag.nodes.map(({ spec }) => verdicts.get(spec.id)!).filter((stage) =>
    wanted.has(stage.id)
  );
  return tableText(rows.map(({ id, verdict, reason }) => [id, verdict, reason]));
}

function recipesText(store: DiskStore, first: string, second: string): string {
  const differences = diffRecords(recordOf(store, first), recordOf(store, second));
  if (differences.length === 0) return "the recipes are the same\n";
  const rows = differences.map((
    { path, before, after },
  ) => [path, valueText(before), valueText(after)]);
  return tableText([["", first, second], ...rows]);
}

function recordOf(store: DiskStore, key: string) {
  const manifest = findArtifact(store, key);
  if (manifest) return manifest.record;
  throw new SpecError({
    action: `compare "${key}"`,
    reason: "no stored artifact has such a key",
    hint: "`deno task show RUN` lists the keys of a run.",
  });
}

function valueText(value: Json | undefined): string {
  return value === undefined ? "(none)" : JSON.stringify(value);
}
