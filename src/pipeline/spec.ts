/**
 * A pipeline document resolved against the stage kinds: names checked, parameters validated, every default
 * filled in. The first arrow of the first flow; connections are typed later, in `dag.ts`.
 *
 *     text -> document -> overrides -> stages -> implicit stages -> PipelineSpec
 *
 * `extends` and `matrix` belong between the document and the overrides: they make documents of documents.
 */
import type { Json, JsonObject } from "../base/canonical.ts";
import type { Fault } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { paramsSchema } from "./schema_walk.ts";
import { type Path, placeOf, type Positioned, readDocument } from "./spec_document.ts";
import { faultsOf } from "./spec_issues.ts";
import { applyOverrides } from "./spec_overrides.ts";
import { connectionsOf, implicitConnections } from "./spec_ports.ts";
import { checkTop, isMap, throwFaults } from "./spec_top.ts";
import type { StageKind } from "./stage.ts";
import type { Kinds, PipelineSpec, StageSpec } from "./types.ts";

/** A pipeline as a user gives it. */
export interface SpecSource {
  readonly text: string;
  /** Path of the file, as errors should show it. */
  readonly file: string;
  /** `path=value` overrides, in order. */
  readonly set?: readonly string[];
}

/**
 * Reads and resolves a pipeline file.
 *
 * Throws `SpecError` with file, line and column. Where there are several faults, the error is the first of
 * them and its `cause` an `AggregateError` of the others.
 */
export function parseSpec(source: SpecSource, kinds: Kinds): PipelineSpec {
  const document = readDocument(source.text, source.file);
  return resolveSpec(applyOverrides(checkTop(document), source.set ?? [], kinds), kinds);
}

/** Resolves a document; a resolved one resolves to itself. Throws as `parseSpec` does. */
export function resolveSpec(document: Positioned, kinds: Kinds): PipelineSpec {
  const top = checkTop(document).value as JsonObject;
  const resolved = Object.entries(top.stages as JsonObject).map(([id, value]) =>
    resolveStage(document, id, value as Json, kinds)
  );
  throwFaults(resolved.filter((result) => Array.isArray(result)).flat());
  const written = resolved as StageSpec[];
  const name = top.name as string;
  return {
    name,
    seed: top.seed as number ?? 0,
    file: document.file,
    stages: [...written, ...implicitStages(name, written, kinds, document.file)],
  };
}

/** One stage, or everything that is wrong with it. */
function resolveStage(
  document: Positioned,
  id: string,
  value: Json,
  kinds: Kinds,
): StageSpec | readonly Fault[] {
  const action = `compile stage "${id}"`;
  const place = (path: Path, part: "value" | "key" = "value") =>
    placeOf(document, ["stages", id, ...path], part);
  const refuse = (path: Path, reason: string, more: Partial<Fault> = {}): readonly Fault[] => [
    { action, reason, place: place(path), ...more },
  ];
  if (!isMap(value)) return refuse([], "a stage is a map such as { uses: load, ... }", { value });
  const { uses, from, ...raw } = value as Record<string, Json>;
  if (uses === undefined) {
    return refuse([], "uses is missing: it names the kind of the stage", { hint: kindList(kinds) });
  }
  const kind = typeof uses === "string" ? kinds.get(uses) : undefined;
  if (!kind) {
    return refuse(["uses"], "there is no such kind of stage", {
      value: uses,
      hint: typeof uses === "string" ? suggestion(uses, kinds.keys()) : kindList(kinds),
    });
  }
  const connections = connectionsOf(from ?? null, kind);
  if ("fault" in connections) {
    const { path, fault, value, hint } = connections;
    return refuse(["from", ...path], fault, { value, hint });
  }
  const parsed = kind.params.safeParse(raw);
  if (!parsed.success) {
    return faultsOf(parsed.error.issues, { action, raw, schema: paramsSchema(kind), place });
  }
  return {
    id,
    uses: kind.kind,
    from: connections.from,
    // Through JSON: members that zod left undefined disappear, as they do in keys and records.
    params: JSON.parse(JSON.stringify(parsed.data)),
    // `from: [a, b]` and `from: a` are written without the port that they mean.
    place: (path) => place(path[0] === "from" && !isMap(from) ? ["from", ...path.slice(2)] : path),
  };
}

function kindList(kinds: Kinds): string {
  return `Known kinds: ${[...kinds.keys()].join(", ")}.`;
}

/** Stages that a pipeline has without naming them, such as its report. */
function implicitStages(
  pipeline: string,
  written: readonly StageSpec[],
  kinds: Kinds,
  file: string,
): StageSpec[] {
  const used = new Set(written.map((stage) => stage.uses));
  const ids = new Set(written.map((stage) => stage.id));
  const wanted = [...kinds.values()].filter((kind) => kind.implicit && !used.has(kind.kind));
  return wanted.map((kind) => ({
    id: freeId(kind, ids),
    uses: kind.kind,
    from: implicitConnections(written, kind),
    params: JSON.parse(JSON.stringify(kind.params.parse(implicitParams(kind, pipeline)))),
    place: () => ({ file }),
  }));
}

function implicitParams({ implicit }: StageKind, pipeline: string): JsonObject {
  return typeof implicit === "function" ? implicit(pipeline) : {};
}

function freeId(kind: StageKind, taken: ReadonlySet<string>): string {
  let id = kind.kind;
  for (let number = 2; taken.has(id); number++) id = `${kind.kind}-${number}`;
  return id;
}
