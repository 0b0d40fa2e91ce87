/** The recipe of a stage: the record whose digest is its key, and nothing that does not change the result. */
import { relative } from "node:path";
import type { Digest } from "../base/canonical.ts";
import type { KeyRecord, Manifest, ViewedInput } from "../store/manifest.ts";
import { inputTypes } from "./dag.ts";
import type { Dag, DagNode } from "./types.ts";

export { keyOf } from "../store/manifest.ts";

/** Finished artifacts by the id of the stage that made them. */
export type Finished = ReadonlyMap<string, Manifest>;

/** The key record of a stage whose inputs are finished. `digestFile` throws for a source that is not there. */
export async function recordOf(
  dag: Dag,
  node: DagNode,
  finished: Finished,
  digestFile: (path: string) => Promise<Digest>,
): Promise<KeyRecord> {
  const { spec, kind } = node;
  const inputs: Record<string, Digest[]> = {};
  const views: Record<string, ViewedInput[]> = {};
  for (const [port, sources] of Object.entries(spec.from)) {
    inputs[port] = sources.map((source) => finished.get(source)!.digest);
    if (!kind.inputs[port].views) continue;
    views[port] = sources.map((source) => {
      const { key, viewsDigest } = finished.get(source)!;
      return { stage: source, key, views: viewsDigest };
    });
  }
  const sources: Record<string, Digest> = {};
  for (const path of kind.sources?.(spec.params, { folder: dag.folder }) ?? []) {
    sources[relative(dag.folder, path)] = await digestFile(path);
  }
  return {
    kind: kind.kind,
    version: kind.version,
    params: kind.keyParams?.(spec.params, inputTypes(node)) ?? spec.params,
    inputs,
    ...(Object.keys(views).length ? { views } : {}),
    ...(kind.random ? { seed: spec.seed ?? dag.spec.seed } : {}),
    ...(node.graph ? { graph: node.graph } : {}),
    ...(kind.sources ? { sources } : {}),
  };
}
