/** What a run would do and why: walks the graph in order and looks every key up. Runs nothing, writes nothing. */
import type { Digest } from "../base/canonical.ts";
import type { KeyRecord, Manifest } from "../store/manifest.ts";
import type { DiskStore } from "../store/store.ts";
import { located } from "./dag.ts";
import { explainMiss, type History } from "./explain.ts";
import { type Finished, keyOf, recordOf } from "./key.ts";
import { stepsOf, stepsOfKind } from "./steps.ts";
import type { Dag, DagNode, Plan, PlannedStage } from "./types.ts";

/** Verdict on a stage whose inputs are finished. */
export type Judgement =
  & { readonly key: Digest; readonly record: KeyRecord; readonly reason: string }
  & (
    | { readonly verdict: "hit"; readonly manifest: Manifest }
    /** `corrupt`: there is an artifact, but it is damaged. */
    | { readonly verdict: "miss"; readonly corrupt: boolean }
  );

/** Plans a pipeline against a store. Stages below a miss are pending: their keys depend on its result. */
export async function plan(dag: Dag, store: DiskStore): Promise<Plan> {
  const finished = new Map<string, Manifest>();
  const stages: PlannedStage[] = [];
  const history = rememberedHistory(store);
  for (const node of dag.nodes) {
    const { id, from } = node.spec;
    const missing = [...new Set(Object.values(from).flat())].filter((source) =>
      !finished.has(source)
    );
    if (missing.length) {
      stages.push({ id, verdict: "pending", reason: waitsFor(missing) });
      continue;
    }
    const judgement = await judge(dag, node, finished, store, history);
    const { key, reason } = judgement;
    if (judgement.verdict === "miss") {
      stages.push({ id, verdict: "miss", key, reason });
      continue;
    }
    finished.set(id, judgement.manifest);
    stages.push({ id, verdict: "hit", key, digest: judgement.manifest.digest, reason });
  }
  return { dag, stages };
}

function waitsFor(stages: readonly string[]): string {
  const shown = stages.slice(0, 3).join(", ");
  const more = stages.length > 3 ? ` and ${stages.length - 3} more` : "";
  return stages.length === 1
    ? `waits for ${shown}, which runs again`
    : `waits for ${shown}${more}, which run again`;
}

/** Looks up one stage whose inputs are finished. Errors of its kind come with the stage and its place. */
export async function judge(
  dag: Dag,
  node: DagNode,
  finished: Finished,
  store: DiskStore,
  history: History = historyOf(store),
): Promise<Judgement> {
  const record = await recordOf(dag, node, finished, (path) => store.digestFile(path))
    .catch((error) => {
      throw located(error, node.spec);
    });
  const key = keyOf(record);
  const found = await store.inspect(key);
  if (found.state === "found") {
    return { verdict: "hit", key, record, reason: "unchanged", manifest: found.manifest };
  }
  const { id, from } = node.spec;
  const pipeline = dag.spec.name;
  const reason = explainMiss({ pipeline, stage: id, from, key, record, found }, history);
  return { verdict: "miss", key, record, reason, corrupt: found.state === "corrupt" };
}

/** What a store knows of earlier runs, as it is at each question. */
function historyOf(store: DiskStore): History {
  return {
    stepsOf: (pipeline, stage) => stepsOf(store.index, pipeline, stage),
    stepsOfKind: (kind) => stepsOfKind(store.index, kind),
    recordOf(key) {
      const manifest = store.readManifest(key);
      return typeof manifest === "object" ? manifest.record : undefined;
    },
  };
}

/** The same as of now: of ten thousand new stages most are compared with the same few old ones. */
function rememberedHistory(store: DiskStore): History {
  const now = historyOf(store);
  const kinds = new Map<string, ReturnType<History["stepsOfKind"]>>();
  const records = new Map<Digest, KeyRecord | undefined>();
  const once = <V>(known: Map<string, V>, name: string, find: (name: string) => V): V => {
    if (!known.has(name)) known.set(name, find(name));
    return known.get(name)!;
  };
  return {
    ...now,
    stepsOfKind: (kind) => once(kinds, kind, now.stepsOfKind),
    recordOf: (key) => once(records, key, now.recordOf),
  };
}
