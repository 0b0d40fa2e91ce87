/**
 * A pipeline document resolved against the stage kinds: names checked, parameters validated, every default
 * filled in. The first arrow of the first flow; connections are typed later, in `dag.ts`.
 *
 *     text -> document (over what it extends) -> overrides -> matrix -> stages -> implicit stages -> ranking -> PipelineSpec
 */
import type { JsonObject } from "../base/canonical.ts";
import type { Positioned, SpecSource } from "./spec_document.ts";
import { readExtended } from "./spec_extends.ts";
import { expandMatrix } from "./spec_matrix.ts";
import { applyOverrides } from "./spec_overrides.ts";
import { headOf, targetOf } from "./ranking.ts";
import { checkHalving } from "./spec_halving.ts";
import { readGrid } from "./spec_points.ts";
import { implicitConnections } from "./spec_ports.ts";
import { rankFault, readRank } from "./spec_rank.ts";
import { checkTop } from "./spec_top.ts";
import type { StageKind } from "./stage.ts";
import type { Kinds, PipelineSpec, RankSpec, StageSpec } from "./types.ts";

/**
 * Reads and resolves a pipeline file.
 *
 * Throws `SpecError` with file, line and column. Where there are several faults, the error is the first of
 * them and its `cause` an `AggregateError` of the others.
 */
export function parseSpec(source: SpecSource, kinds: Kinds): PipelineSpec {
  return resolveSpec(applyOverrides(readExtended(source, kinds), source.set ?? [], kinds), kinds);
}

/** Resolves a document; a resolved one resolves to itself. Throws as `parseSpec` does. */
export function resolveSpec(document: Positioned, kinds: Kinds): PipelineSpec {
  const top = checkTop(document).value as JsonObject;
  const seed = top.seed as number ?? 0;
  const { stages: made, matrix } = expandMatrix(document, seed, readGrid(document), kinds);
  const stages = connectedToAll(made, kinds);
  const name = top.name as string;
  const rank = readRank(document);
  const all = [...stages, ...implicitStages(name, stages, kinds, document.file)];
  const spec = {
    name,
    seed,
    file: document.file,
    stages: rank ? all.map((stage) => withRank(stage, rank, kinds)) : all,
    ...(matrix ? { matrix } : {}),
    ...(rank ? { rank } : {}),
  };
  if (rank) checkNumber(document, spec, rank, kinds);
  checkHalving(document, spec);
  return spec;
}

/** Throws `SpecError` where a ranked stage says that it will not have the number. */
function checkNumber(document: Positioned, spec: PipelineSpec, rank: RankSpec, kinds: Kinds): void {
  const { stage, number } = targetOf(rank.by);
  for (const { id, uses, params } of spec.stages) {
    if (id.split("@")[0] !== stage) continue;
    const lack = kinds.get(uses)?.lacks?.(params, number);
    if (lack) throw rankFault(document, ["by"], `"${id}" ${lack.reason}`, lack.hint);
  }
}

/** A stage that shows a ranking is told which, unless the file does. */
function withRank(stage: StageSpec, rank: RankSpec, kinds: Kinds): StageSpec {
  if (!kinds.get(stage.uses)?.ranks || stage.params.rank !== undefined) return stage;
  return { ...stage, params: { ...stage.params, rank: { ...headOf(rank) } } };
}

/** A report that is written without `from` is connected to all other stages, as one that is not written would be. */
function connectedToAll(stages: readonly StageSpec[], kinds: Kinds): readonly StageSpec[] {
  const isImplicit = ({ uses }: StageSpec) => kinds.get(uses)?.implicit;
  const others = stages.filter((stage) => !isImplicit(stage));
  return stages.map((stage) =>
    isImplicit(stage) && Object.keys(stage.from).length === 0
      ? { ...stage, from: implicitConnections(others, kinds.get(stage.uses)!) }
      : stage
  );
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
