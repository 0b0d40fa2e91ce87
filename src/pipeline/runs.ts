/** Runs on record: their names, their folders, and how to find one again. Runs nothing. */
import { join, relative } from "node:path";
import { type Digest, digestOf, type Json, type JsonObject } from "../base/canonical.ts";
import { SpecError } from "../base/errors.ts";
import type { Change } from "../store/database.ts";
import { diskFault, moveDurably, namesIn } from "../store/disk.ts";
import type { Manifest } from "../store/manifest.ts";
import type { DiskStore } from "../store/store.ts";
import { collectGarbage, type Garbage, storedKeys } from "../store/upkeep.ts";
import { exportRun } from "./export.ts";
import type { Climb } from "./halving.ts";
import { finalRanking } from "./ranked.ts";
import { cellsJson } from "./spec_print.ts";
import { stepRow } from "./steps.ts";
import type { Outcome, Plan, RunRecord } from "./types.ts";

/** A row of the command `ls`. */
export interface RunRow {
  readonly id: string;
  readonly hash: Digest;
  readonly pipeline: string;
  readonly file: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly status: RunRecord["status"];
}

/** What a run record says beside the plan and the outcome. */
export interface RunFacts {
  readonly id: string;
  /** The resolved pipeline, as `plan --full` prints it. */
  readonly resolved: Json;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly machine: JsonObject;
  readonly threads: number;
  /** What computed; what was wished for where nothing did. */
  readonly device: string;
  /** What ran before, where the ranking halves the points. */
  readonly climb?: Pick<Climb, "stopped" | "rungs">;
}

const ID = /^\d{8}-\d{6}-\d{3}-[0-9a-f]{4}$/;

/**
 * A name for a run that starts now: `20261122-093015-042-5f3a`, UTC to the millisecond and `random` (16 bits).
 * Names sort in the order of the runs even where the clock was set back: then the last name counts on.
 */
export function newRunId(store: DiskStore, now: Date, random: number): string {
  const last = runIds(store).at(-1);
  const time = Math.max(now.getTime(), last ? timeOf(last) + 1 : 0);
  const [date, clock, ms] = new Date(time).toISOString().replace(/[-:Z]/g, "").split(/[T.]/);
  return `${date}-${clock}-${ms}-${(random & 0xffff).toString(16).padStart(4, "0")}`;
}

function timeOf(id: string): number {
  const [, y, mo, d, h, mi, s, ms] = id.match(/^(....)(..)(..)-(..)(..)(..)-(...)/)!;
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}.${ms}Z`);
}

/** Names of the run folders, oldest first. */
function runIds(store: DiskStore): string[] {
  return namesIn(store.root).filter((name) => ID.test(name));
}

/**
 * Writes down a run that has ended: its folder, made aside and renamed, then its row in the index. The hash covers
 * the resolved pipeline and the digests of all artifacts, so equal runs have equal hashes.
 */
export function recordRun(
  store: DiskStore,
  plan: Plan,
  outcome: Outcome,
  facts: RunFacts,
): RunRecord {
  const artifacts = new Map<string, Manifest>();
  for (const { id, key, digest } of outcome.stages) {
    const manifest = key && digest ? store.readManifest(key) : undefined;
    if (typeof manifest === "object") artifacts.set(id, manifest);
  }
  const results = Object.fromEntries(
    outcome.stages.map(({ id, digest }) => [id, { digest, views: artifacts.get(id)?.viewsDigest }]),
  );
  const { rungs = [], stopped = [] } = facts.climb ?? {};
  const failed = [...rungs, outcome].some(({ stages }) =>
    stages.some(({ status }) => status === "failed" || status === "skipped")
  );
  const { spec } = plan.dag;
  const ranking = finalRanking(spec, outcome, stopped, store);
  const record: RunRecord = {
    id: facts.id,
    hash: digestOf("run", { resolved: facts.resolved, results }),
    pipeline: spec.name,
    file: spec.file,
    folder: relative(store.root, plan.dag.folder) || ".",
    resolved: facts.resolved,
    startedAt: facts.startedAt.toISOString(),
    durationMs: facts.durationMs,
    status: outcome.interrupted ? "interrupted" : failed ? "failed" : "done",
    machine: facts.machine,
    threads: facts.threads,
    device: facts.device,
    stages: outcome.stages,
    ...(spec.matrix ? { cells: cellsJson(spec.matrix) } : {}),
    ...(ranking ? { ranking } : {}),
    ...(rungs.length > 0 ? { rungs } : {}),
  };
  try {
    moveDurably(exportRun(store, record, artifacts), runFolder(store, record.id));
  } catch (error) {
    throw diskFault("write the folder of the run", store.root, error);
  }
  const kinds = new Map(plan.dag.nodes.map((node) => [node.spec.id, node.kind.kind]));
  store.index.write(rowsOf(record, (id) => kinds.get(id) ?? null));
  return record;
}

/** Absolute path of a run's folder. */
export function runFolder(store: DiskStore, id: string): string {
  return join(store.root, id);
}

function rowsOf(record: RunRecord, kindOf: (stage: string) => string | null): Change[] {
  const { id, hash, pipeline, file, startedAt, durationMs, status, stages } = record;
  const run = "insert or replace into runs values (?, ?, ?, ?, ?, ?, ?)";
  return [
    [run, id, hash, pipeline, file, startedAt, durationMs, status],
    ["delete from steps where run = ?", id],
    ...stages.map(({ id: stage, key, status }) =>
      stepRow({ run: id, pipeline, stage, kind: kindOf(stage), key, status })
    ),
  ];
}

/** All runs, newest first. Run folders that the index does not know, and rows without one, are put right. */
export function listRuns(store: DiskStore): RunRow[] {
  const query =
    `select id, hash, pipeline, file, started_at as startedAt, duration_ms as durationMs, status
    from runs order by id desc`;
  const rows = store.index.all<RunRow>(query);
  const ids = new Set(runIds(store));
  const known = new Set(rows.map((row) => row.id));
  const gone = rows.filter((row) => !ids.has(row.id));
  const strange = [...ids].filter((id) => !known.has(id)).map((id) => readRun(store, id))
    .filter((record) => record !== undefined);
  store.index.write([
    ...strange.flatMap((record) => rowsOf(record, (id) => kindOnRecord(store, record, id))),
    ...gone.flatMap(({ id }): Change[] => [
      ["delete from runs where id = ?", id],
      ["delete from steps where run = ?", id],
    ]),
  ]);
  const found = [...rows.filter((row) => ids.has(row.id)), ...strange.map(rowOf)];
  return found.sort((a, b) => (a.id < b.id ? 1 : -1));
}

function rowOf({ id, hash, pipeline, file, startedAt, durationMs, status }: RunRecord): RunRow {
  return { id, hash, pipeline, file, startedAt, durationMs, status };
}

function kindOnRecord(store: DiskStore, record: RunRecord, stage: string): string | null {
  const key = record.stages.find(({ id }) => id === stage)?.key;
  const manifest = key ? store.readManifest(key) : undefined;
  return typeof manifest === "object" ? manifest.record.kind : null;
}

/** The record of a run; undefined where its folder has none that can be read. */
export function readRun(store: DiskStore, id: string): RunRecord | undefined {
  try {
    const record = JSON.parse(Deno.readTextFileSync(join(runFolder(store, id), "run.json")));
    return record.id === id && Array.isArray(record.stages) ? record : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The run whose id or hash starts with `prefix`: the newest of equal hashes. Throws `SpecError` where there is none
 * or where the prefix fits runs that differ.
 */
export function findRun(store: DiskStore, prefix: string): RunRecord {
  const action = `find the run "${prefix}"`;
  const fits = prefix === ""
    ? []
    : listRuns(store).filter(({ id, hash }) => id.startsWith(prefix) || hash.startsWith(prefix));
  if (!fits.length) {
    const hint = "`deno task ls` lists the runs; any beginning of an id or a hash will do.";
    throw new SpecError({ action, reason: `no run in ${store.root} has such an id or hash`, hint });
  }
  if (new Set(fits.map(({ hash }) => hash)).size > 1) {
    const names = fits.slice(0, 5).map(({ id, hash }) => `${id} (${hash.slice(0, 12)})`).join(", ");
    const reason = `${fits.length} runs begin like that: ${names}`;
    throw new SpecError({ action, reason, hint: "Give more of the id or the hash." });
  }
  const record = readRun(store, fits[0].id);
  if (record) return record;
  throw new SpecError({ action, reason: `its folder has no readable run.json (${fits[0].id})` });
}

/** The artifact whose key starts with `prefix`; undefined where none does. Throws where several do. */
export function findArtifact(store: DiskStore, prefix: string): Manifest | undefined {
  if (!/^[0-9a-f]{4,64}$/.test(prefix)) return undefined;
  const fits = storedKeys(store, prefix.slice(0, 2)).filter((key) => key.startsWith(prefix));
  if (fits.length > 1) {
    const reason = `${fits.length} artifacts begin like that`;
    const action = `find the artifact "${prefix}"`;
    throw new SpecError({ action, reason, hint: "Give more of the key." });
  }
  const manifest = fits.length ? store.readManifest(fits[0]) : undefined;
  return typeof manifest === "object" ? manifest : undefined;
}

/** What to collect. */
export interface GcOptions {
  /** Runs whose artifacts stay, counted from the newest. */
  readonly keepRuns: number;
  readonly dryRun: boolean;
  /** Present time in milliseconds since 1970. */
  readonly now: number;
}

/** Drops what the newest runs do not need. Run folders stay: a run can be reproduced from its record. */
export function gc(store: DiskStore, { keepRuns, dryRun, now }: GcOptions): Garbage {
  const keep = new Set<Digest>();
  for (const { id } of listRuns(store).slice(0, keepRuns)) {
    const record = readRun(store, id);
    const stages = [record, ...record?.rungs ?? []].flatMap((part) => part?.stages ?? []);
    for (const { key } of stages) if (key) keep.add(key);
  }
  return collectGarbage(store, { keep, dryRun, now });
}
