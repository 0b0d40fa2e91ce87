/** What a run would do and why: walks the graph in order and looks every key up. Runs nothing, writes nothing. */
import type { Digest } from "../base/canonical.ts";
import type { KeyRecord, Manifest } from "../store/manifest.ts";
import type { DiskStore } from "../store/store.ts";
import { located } from "./dag.ts";
import { explainMiss } from "./explain.ts";
import { type Finished, keyOf, recordOf } from "./key.ts";
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
  for (const node of dag.nodes) {
    const { id, from } = node.spec;
    const missing = [...new Set(Object.values(from).flat())].filter((source) =>
      !finished.has(source)
    );
    if (missing.length) {
      stages.push({ id, verdict: "pending", reason: waitsFor(missing) });
      continue;
    }
    const judgement = await judge(dag, node, finished, store);
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
  const reason = explainMiss({ pipeline: dag.spec.name, stage: id, from, key, record, found }, {
    index: store.index,
    recordOf(other) {
      const manifest = store.readManifest(other);
      return typeof manifest === "object" ? manifest.record : undefined;
    },
  });
  return { verdict: "miss", key, record, reason, corrupt: found.state === "corrupt" };
}
