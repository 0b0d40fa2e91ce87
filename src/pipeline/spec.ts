/**
 * A pipeline document resolved against the stage kinds: names checked, parameters validated, every default
 * filled in. The first arrow of the first flow; connections are typed later, in `dag.ts`.
 *
 *     text -> document -> overrides -> matrix -> stages -> implicit stages -> PipelineSpec
 */
import type { JsonObject } from "../base/canonical.ts";
import { readAxes } from "./spec_axes.ts";
import { type Positioned, readDocument } from "./spec_document.ts";
import { expandMatrix } from "./spec_matrix.ts";
import { applyOverrides } from "./spec_overrides.ts";
import { implicitConnections } from "./spec_ports.ts";
import { checkTop } from "./spec_top.ts";
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
  const { stages, matrix } = expandMatrix(document, readAxes(document), kinds);
  const name = top.name as string;
  return {
    name,
    seed: top.seed as number ?? 0,
    file: document.file,
    stages: [...stages, ...implicitStages(name, stages, kinds, document.file)],
    ...(matrix ? { matrix } : {}),
  };
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
