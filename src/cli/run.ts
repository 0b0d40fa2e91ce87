/** The command `run`: compiles a pipeline, runs what has to run, shows how it goes and what came of it. */
import { join, relative } from "node:path";
import { BruitError } from "../base/errors.ts";
import { type Finished, run as runDag } from "../compile.ts";
import type { RunEvent } from "../pipeline/execute.ts";
import type { RungPlan } from "../pipeline/halving.ts";
import { requireRanked } from "../pipeline/ranked.ts";
import { runFolder } from "../pipeline/runs.ts";
import type { Dag, Plan, Ranking, RunRecord } from "../pipeline/types.ts";
import type { DiskStore } from "../store/store.ts";
import { matrixText } from "./cells.ts";
import { lazyDevice } from "./device.ts";
import { countText, durationText, shortDigest, tableText } from "./format.ts";
import { interruption } from "./interruption.ts";
import { coreCount, machineFacts, memoryForStages } from "./machine.ts";
import { compiledFile } from "./compiled.ts";
import type { RunOptions } from "./options.ts";
import { type ProgressView, showProgress } from "./progress.ts";
import { openToWrite } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";
import { imported } from "../base/imported.ts";

/** Runs a pipeline file. Resolves to 0, 1 where a stage failed, 130 where it was interrupted. */
export async function run(terminal: Terminal, file: string, options: RunOptions): Promise<number> {
  const { dag, kinds } = await compiledFile(terminal, file, options.set);
  using store = openToWrite(options.runs, "run");
  using interrupted = interruption(terminal);
  const view = showProgress(terminal);
  const cores = coreCount();
  const world = {
    store,
    device: lazyDevice(options.device, (remark) => view.line(remark)),
    threads: options.threads ?? cores,
    cores,
    memoryBytes: memoryForStages(),
    signal: interrupted.signal,
    now: () => terminal.now(),
    onEvent: (event: RunEvent) => showEvent(view, event),
  };
  const circumstances = {
    startedAt: terminal.date(),
    random: terminal.random(),
    machine: machineFacts(),
  };
  let finished: Finished;
  try {
    finished = await runDag(dag, kinds, world, circumstances, {
      onRung: (rung) => view.line(rungLine(rung, dag)),
      onPlan: (plan) => view.line(planLine(plan)),
    });
  } finally {
    view.close();
  }
  const { record, outcome } = finished;
  const closing = await closingText(record, store);
  if (options.json) {
    terminal.err(closing);
    const { id: run, hash, stages, cells, ranking, rungs } = record;
    terminal.out(JSON.stringify({ run, hash, stages, cells, ranking, rungs }) + "\n");
  } else terminal.out(closing);
  requireRanked(dag.spec, outcome, store);
  return outcome.interrupted ? 130 : record.status === "done" ? 0 : 1;
}

function planLine({ dag, stages }: Plan): string {
  const hits = stages.filter(({ verdict }) => verdict === "hit").length;
  return `${dag.spec.name}: ${countText(stages.length, "stage")}, ${hits} cached, ${
    stages.length - hits
  } to run${dag.spec.matrix ? `, for ${matrixText(dag.spec.matrix)}` : ""}`;
}

function rungLine({ value, points, plan: { stages } }: RungPlan, { spec }: Dag): string {
  const toRun = stages.filter(({ verdict }) => verdict !== "hit").length;
  const { path } = spec.rank!.halving!;
  return `halving: ${countText(points, "point")} with ${path} ${value}, ${
    countText(toRun, "stage")
  } to run`;
}

/** Says what an event means in the lines and bars of a run. */
export function showEvent(view: ProgressView, event: RunEvent): void {
  switch (event.type) {
    case "started":
      return view.started(event.id, event.reason);
    case "progress":
      return view.progress(event.id, event.progress);
    case "log":
      return view.line(`${event.id}: ${event.line}`);
    case "warning":
      return view.line(`${event.id}: warning: ${event.message}`);
    case "waiting":
      return view.line(`${event.id}: waits for another run that is making the same artifact`);
    case "finished":
      view.finished(event.outcome.id);
      if (event.outcome.status === "failed") {
        view.line(`${event.outcome.id}: failed: ${errorText(event.error, event.outcome.reason)}`);
      }
  }
}

/** The whole message of an error for users; the stack of one that is a mistake of the program. */
function errorText(error: unknown, reason: string): string {
  if (error instanceof BruitError || reason === "interrupted") {
    return error instanceof BruitError ? error.message : reason;
  }
  return error instanceof Error ? error.stack ?? error.message : String(error ?? reason);
}

/** Characters above which a reason does not push the durations of all other stages off the screen. */
const LONG_REASON = 60;

async function closingText(record: RunRecord, store: DiskStore): Promise<string> {
  const { stages, status, durationMs, id, hash } = record;
  const rows = stages.map((stage) => [
    stage.id,
    stage.status,
    stage.reason,
    stage.durationMs > 0 && stage.status !== "hit" ? durationText(stage.durationMs) : "",
  ]);
  const folder = shownPath(runFolder(store, id));
  const report = reportIn(store, record);
  const facts = [
    ["run", `${id}, ${status} in ${durationText(durationMs)}`],
    ["hash", shortDigest(hash)],
    ["folder", folder],
    ...(report ? [["report", join(folder, report)]] : []),
  ];
  const advice = {
    done: "",
    failed: "Stages that finished are kept; run again when the cause is put right.\n",
    interrupted:
      "Interrupted. What was finished or saved is kept; the same command goes on from there.\n",
  };
  const widest = stages.reduce((most, { id }) => Math.max(most, id.length), LONG_REASON);
  const ranking = record.ranking ? `\n${await rankingText(record.ranking)}` : "";
  return `${tableText(rows, widest)}${ranking}\n${tableText(facts)}${advice[status]}`;
}

async function rankingText(ranking: Ranking): Promise<string> {
  const { rankingText } = await imported(() => import("./ranking.ts"));
  return rankingText(ranking);
}

/** The page at the top of the run's folder, where a stage made one. */
function reportIn(store: DiskStore, { id }: RunRecord): string | undefined {
  return [...Deno.readDirSync(runFolder(store, id))].map(({ name }) => name).find((name) =>
    name.endsWith(".html")
  );
}

function shownPath(path: string): string {
  const near = relative(Deno.cwd(), path);
  return near.startsWith("..") ? path : near;
}
