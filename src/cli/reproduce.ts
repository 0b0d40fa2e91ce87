/** The command `reproduce`: a recorded run once more, from nothing, compared bit by bit. */
import { join, resolve } from "node:path";
import { SpecError } from "../base/errors.ts";
import { run as runDag } from "../compile.ts";
import { compiledRecord } from "./compiled.ts";
import { describeDifferences, diffRecords } from "../pipeline/explain.ts";
import { findRun } from "../pipeline/runs.ts";
import type { RunEvent } from "../pipeline/execute.ts";
import type { Manifest, RunRecord, StageOutcome } from "../pipeline/types.ts";
import type { Device } from "../pipeline/world.ts";
import { type DiskStore, openStore } from "../store/store.ts";
import { lazyDevice } from "./device.ts";
import { tableText } from "./format.ts";
import { interruptedCode, interruption } from "./interruption.ts";
import { coreCount, machineFacts, memoryForStages } from "./machine.ts";
import type { CommonOptions } from "./options.ts";
import { showProgress } from "./progress.ts";
import { showEvent } from "./run.ts";
import { openToWrite } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Reruns a run on its recorded device, with its recorded thread count, into a store of its own. Resolves to 0 only
 * where every artifact has the same digest, and so have its figures and numbers.
 */
export async function reproduce(
  terminal: Terminal,
  name: string,
  options: CommonOptions & { readonly keep?: boolean },
): Promise<number> {
  using store = openToWrite(options.runs, "reproduce");
  const record = findRun(store, name);
  if (record.status !== "done") {
    throw new SpecError({
      action: `reproduce ${record.id}`,
      reason: "only a run that finished can be reproduced",
      value: record.status,
    });
  }
  const { dag, kinds } = await compiledRecord(terminal, record, resolve(store.root, record.folder));
  // Scratch space goes with the process, however it ends.
  const root = options.keep
    ? join(store.root, "reproduce", `${record.id}-${terminal.random().toString(16)}`)
    : store.scratchFolder();
  const again = openStore(root);
  using interrupted = interruption(terminal);
  const view = showProgress(terminal);
  try {
    const { outcome, record: second } = await runDag(
      dag,
      kinds,
      {
        store: again,
        device: lazyDevice(record.device as Device["name"]),
        threads: record.threads,
        cores: coreCount(),
        memoryBytes: memoryForStages(),
        signal: interrupted.signal,
        now: () => terminal.now(),
        onEvent: (event: RunEvent) => showEvent(view, event),
      },
      { startedAt: terminal.date(), random: terminal.random(), machine: machineFacts() },
    );
    view.close();
    if (outcome.interrupted) return interruptedCode;
    return report(terminal, compareRuns(record, store, outcome.stages, again), second, record.id);
  } finally {
    view.close();
    again.close();
    if (options.keep) terminal.err(`kept in ${root}\n`);
    else store.dropScratch(root);
  }
}

/** One stage, made twice. */
interface Comparison {
  readonly id: string;
  readonly equal: boolean;
  readonly artifact: string;
  readonly figures: string;
  readonly note: string;
}

function compareRuns(
  record: RunRecord,
  store: DiskStore,
  stages: readonly StageOutcome[],
  again: DiskStore,
): Comparison[] {
  return record.stages.map((before) => {
    const { id, digest } = before;
    const after = stages.find((stage) => stage.id === id);
    if (!after?.digest) {
      return {
        id,
        equal: false,
        artifact: "missing",
        figures: "missing",
        note: after?.reason ?? "not in the pipeline",
      };
    }
    const first = manifestOf(store, before);
    const second = manifestOf(again, after)!;
    const sameContent = after.digest === digest;
    // The first artifact may be gone (`gc`); its content digest is on record, its figures' is not.
    const sameViews = first === undefined ? undefined : first.viewsDigest === second.viewsDigest;
    return {
      id,
      equal: sameContent && sameViews !== false,
      artifact: sameContent ? "equal" : "differs",
      figures: sameViews === undefined ? "not kept" : sameViews ? "equal" : "differ",
      note: first ? changedRecipe(first, second) : "",
    };
  });
}

/** What else than its inputs made a stage another one: parameters' defaults, the graph, its behaviour version. */
function changedRecipe(first: Manifest, second: Manifest): string {
  const own = diffRecords(first.record, second.record).filter(({ path }) =>
    !/^(inputs|views)\b/.test(path)
  );
  return own.length > 0 ? `another recipe now: ${describeDifferences(own, {})}` : "";
}

function manifestOf(store: DiskStore, { key }: StageOutcome): Manifest | undefined {
  const manifest = key ? store.readManifest(key) : undefined;
  return typeof manifest === "object" ? manifest : undefined;
}

function report(
  terminal: Terminal,
  comparisons: readonly Comparison[],
  { threads, device }: RunRecord,
  id: string,
): number {
  const rows = comparisons.map(({ id, artifact, figures, note }) => [id, artifact, figures, note]);
  terminal.out(tableText([["stage", "artifact", "figures", ""], ...rows]));
  const equal = comparisons.every((each) => each.equal);
  const verdict = equal ? "is reproduced bit by bit" : "is NOT reproduced";
  terminal.out(`${id} ${verdict} (${threads} threads, ${device})\n`);
  return equal ? 0 : 1;
}
