/** The command `show`: one run, or one artifact with its recipe, files, figures and numbers. */
import type { JsonObject } from "../base/canonical.ts";
import { SpecError } from "../base/errors.ts";
import { findArtifact, findRun, listRuns, runFolder } from "../pipeline/runs.ts";
import { yamlText } from "../pipeline/spec_print.ts";
import type { Manifest, RunRecord } from "../pipeline/types.ts";
import type { DiskStore } from "../store/store.ts";
import { bytesText, durationText, numberText, shortDigest, tableText } from "./format.ts";
import type { CommonOptions } from "./options.ts";
import { rankingText } from "./ranking.ts";
import { openToLook } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/** Shows what a beginning of a run's id or hash, or of an artifact's key, names. */
export function show(terminal: Terminal, name: string, options: CommonOptions): Promise<number> {
  using store = openToLook(options.runs);
  const isRun = listRuns(store).some(({ id, hash }) =>
    id.startsWith(name) || hash.startsWith(name)
  );
  const found = isRun ? findRun(store, name) : findArtifact(store, name);
  if (!found) {
    throw new SpecError({
      action: `show "${name}"`,
      reason: "no run has such an id or hash and no artifact such a key",
      hint: "`deno task ls` lists the runs; a run's page lists the keys of its artifacts.",
    });
  }
  if (options.json) terminal.out(JSON.stringify(found) + "\n");
  else terminal.out("stages" in found ? runText(found, store) : artifactText(found, store));
  return Promise.resolve(0);
}

function runText(record: RunRecord, store: DiskStore): string {
  const facts = [
    ["run", record.id],
    ["hash", record.hash],
    ["pipeline", `${record.pipeline} (${record.file})`],
    ["status", `${record.status} after ${durationText(record.durationMs)}`],
    ["started", record.startedAt],
    ["device", `${record.device}, ${record.threads} threads`],
    [
      "machine",
      Object.entries(record.machine).map(([name, value]) => `${name} ${value}`).join(", "),
    ],
    ["folder", runFolder(store, record.id)],
  ];
  const stages = record.stages.map(({ id, status, key, digest, durationMs, reason }) => [
    id,
    status,
    key ? shortDigest(key) : "-",
    digest ? shortDigest(digest) : "-",
    durationText(durationMs),
    reason,
  ]);
  const heads = ["stage", "status", "key", "digest", "took", "reason"];
  const ranking = record.ranking ? `\n${rankingText(record.ranking)}` : "";
  return `${tableText(facts)}\n${tableText([heads, ...stages])}${ranking}`;
}

function artifactText(manifest: Manifest, store: DiskStore): string {
  const { key, digest, type, files, views, summary, scores = {}, meta, record } = manifest;
  const facts = [
    ["artifact", `${type}, made by "${record.kind}"`],
    ["key", key],
    ["digest", digest],
  ];
  const numbers = Object.entries({ ...scores, ...summary }).map((
    [name, value],
  ) => [name, typeof value === "number" ? numberText(value) : value]);
  const contents = [
    ...Object.entries(files).map((
      [name, file],
    ) => [name, bytesText(file.size), store.filePath(file)]),
    ...views.map((view) => [view.file, bytesText(view.size), store.filePath(view)]),
  ];
  return [
    tableText(facts),
    ...(numbers.length > 0 ? ["\n", tableText(numbers)] : []),
    `\nFiles and figures\n${tableText(contents)}`,
    `\nFacts\n${yamlText(meta)}`,
    `\nRecipe\n${yamlText(record as unknown as JsonObject)}`,
  ].join("");
}
