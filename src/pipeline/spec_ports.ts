/** What `from` means: a stage, a list, or a map of ports, always as lists of stage ids by port. */
import type { Json } from "../base/canonical.ts";
import type { Path } from "./spec_document.ts";
import type { StageKind } from "./stage.ts";
import type { StageSpec } from "./types.ts";

/** Stage ids by port. */
export type Connections = Readonly<Record<string, readonly string[]>>;

/** Something wrong with `from`, at a path below it. */
export interface ConnectionFault {
  readonly fault: string;
  readonly path: Path;
  readonly value?: Json;
  readonly hint?: string;
}

/**
 * Reads `from: stage`, `from: [stages]` or `from: { port: stage or [stages] }`. Whether the stages exist and
 * fit is for `dag.ts` to say.
 */
export function connectionsOf(
  from: Json,
  kind: StageKind,
): { from: Connections } | ConnectionFault {
  if (from === null) return { from: {} };
  const first = Object.keys(kind.inputs)[0];
  if (first === undefined) {
    return { fault: `"${kind.kind}" takes no input, so it has no from`, path: [], value: from };
  }
  if (typeof from === "string") return { from: { [first]: [from] } };
  if (Array.isArray(from)) {
    const ids = idsOf(from, []);
    return "fault" in ids ? ids : { from: { [first]: ids.ids } };
  }
  if (typeof from !== "object") return notStages(from, []);
  const ports: Record<string, readonly string[]> = {};
  for (const [port, value] of Object.entries(from)) {
    const ids = idsOf(value as Json, [port]);
    if ("fault" in ids) return ids;
    Object.defineProperty(ports, port, { value: ids.ids, enumerable: true });
  }
  return { from: ports };
}

function idsOf(value: Json, path: Path): { ids: readonly string[] } | ConnectionFault {
  if (typeof value === "string") return { ids: [value] };
  if (!Array.isArray(value)) return notStages(value, path);
  const wrong = value.findIndex((item) => typeof item !== "string");
  return wrong < 0 ? { ids: value } : notStages(value[wrong], [...path, wrong]);
}

function notStages(value: Json, path: Path): ConnectionFault {
  return { fault: "from names a stage, a list of stages, or stages by port", path, value };
}

/**
 * Connects all stages to the first port of an implicit stage: upstream before downstream, by name among
 * equals. Not in the order of the file, so that moving a stage in the file changes no key.
 */
export function implicitConnections(stages: readonly StageSpec[], kind: StageKind): Connections {
  const depths = depthsOf(stages);
  const places = stages.map(({ id }) => ({ id, depth: depths.get(id)!, name: id.split("@")[0] }));
  // Sorting is stable: what a matrix made of one stage stays in the matrix's order.
  places.sort((a, b) => a.depth - b.depth || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { [Object.keys(kind.inputs)[0]]: places.map(({ id }) => id) };
}

/** Longest way from a source to each stage; 0 for stages in or below a cycle, which `dag.ts` refuses. */
function depthsOf(stages: readonly StageSpec[]): ReadonlyMap<string, number> {
  const depths = new Map(stages.map((stage) => [stage.id, 0]));
  const below = new Map<string, string[]>(stages.map((stage) => [stage.id, []]));
  const waitsFor = new Map<string, number>();
  for (const stage of stages) {
    const above = Object.values(stage.from).flat().filter((id) => below.has(id));
    for (const id of above) below.get(id)!.push(stage.id);
    waitsFor.set(stage.id, above.length);
  }
  const ready = stages.map((stage) => stage.id).filter((id) => waitsFor.get(id) === 0);
  for (const id of ready) { // `ready` grows while it is walked.
    for (const next of below.get(id)!) {
      depths.set(next, Math.max(depths.get(next)!, depths.get(id)! + 1));
      waitsFor.set(next, waitsFor.get(next)! - 1);
      if (waitsFor.get(next) === 0) ready.push(next);
    }
  }
  return depths;
}

/** Connections in the shortest form that `connectionsOf` reads back to the same. */
export function connectionsAsWritten(from: Connections, kind: StageKind): Json | undefined {
  const [first] = Object.keys(kind.inputs);
  const ports = Object.entries(from);
  if (ports.length === 0) return undefined;
  const shortest = (ids: readonly string[]): Json => ids.length === 1 ? ids[0] : ids;
  if (ports.length === 1 && ports[0][0] === first) return shortest(ports[0][1]);
  return Object.fromEntries(ports.map(([port, ids]) => [port, shortest(ids)]));
}
