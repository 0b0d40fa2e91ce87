/** A graph or a stage without some of what it had: what other stages fail to make, or what a ranking has stopped. */
import type { JsonObject } from "../base/canonical.ts";
import { targetOf } from "./ranking.ts";
import type { Dag, DagNode, StageSpec } from "./types.ts";

/** A stage that is connected to those of its inputs alone that `has` knows. */
export function withInputs(node: DagNode, has: (id: string) => boolean): DagNode {
  const { from } = node.spec;
  if (Object.values(from).every((sources) => sources.every(has))) return node;
  const ports = Object.entries(from).map(([port, sources]) => ({
    port,
    places: sources.flatMap((id, i) => has(id) ? [i] : []),
  }));
  const chosen = <T>(held: Readonly<Record<string, readonly T[]>>) =>
    Object.fromEntries(ports.map(({ port, places }) => [port, places.map((i) => held[port][i])]));
  return { ...node, spec: { ...node.spec, from: chosen(from) }, inputs: chosen(node.inputs) };
}

/** An input of a stage that was not made, and why. */
export interface LostInput {
  readonly id: string;
  readonly reason: string;
}

/** The stage, told of inputs that it has lost, where it ranks stages: they are points like the others. */
export function toldOfLost(node: DagNode, lost: readonly LostInput[]): DagNode {
  const { rank } = node.spec.params;
  if (!node.kind.ranks || rank === undefined) return node;
  const { stage } = targetOf((rank as { by: string }).by);
  const points = lost.filter(({ id }) => id.split("@")[0] === stage);
  if (points.length === 0) return node;
  const told = {
    ...rank as JsonObject,
    lost: points.map(({ id, reason }) => ({ id, reason: withoutFolders(reason) })),
  };
  return { ...node, spec: { ...node.spec, params: { ...node.spec.params, rank: told } } };
}

/** A sentence whose files have no folders: the same failure elsewhere says the same. */
const withoutFolders = (text: string) => text.replaceAll(/(?:\/[^\s"'`/]+)+\//g, "");

/** Some stages and everything above them, by id. */
export function withAncestors(
  stages: readonly Pick<StageSpec, "id" | "from">[],
  ids: Iterable<string>,
): ReadonlySet<string> {
  const from = new Map(stages.map((stage) => [stage.id, Object.values(stage.from).flat()]));
  const found = new Set(ids);
  for (const id of found) for (const source of from.get(id) ?? []) found.add(source); // It grows.
  return found;
}

/**
 * The part of a graph that some stages need. A stage of an implicit kind, which takes whatever there is, stays over
 * what is left, where anything is.
 */
export function partOf(dag: Dag, ids: Iterable<string>): Dag {
  const takesAll = ({ kind }: DagNode) => Boolean(kind.implicit);
  const plain = dag.nodes.filter((node) => !takesAll(node)).map(({ spec }) => spec);
  const known = new Set(plain.map(({ id }) => id));
  const kept = withAncestors(plain, [...ids].filter((id) => known.has(id)));
  const nodes = dag.nodes.flatMap((node) => {
    if (!takesAll(node)) return kept.has(node.spec.id) ? [node] : [];
    const left = withInputs(node, (id) => kept.has(id));
    return Object.values(left.spec.from).flat().length > 0 ? [left] : [];
  });
  return { ...dag, nodes };
}
