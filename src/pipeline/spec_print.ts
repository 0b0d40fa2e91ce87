/** A resolved spec written out again: as plain JSON for records, as YAML for people. Reads back to the same. */
import { Document, isScalar, visit } from "yaml";
import { canonicalJson, type Json, type JsonObject } from "../base/canonical.ts";
import { headOf } from "./ranking.ts";
import { connectionsAsWritten } from "./spec_ports.ts";
import type { CellRecord, Kinds, MatrixSpec, PipelineSpec, RankSpec } from "./types.ts";

/** The resolved pipeline, every default filled in, as plain data: what `run.json` keeps. */
export function resolvedJson(
  { name, seed, stages, matrix, rank }: PipelineSpec,
  kinds: Kinds,
): JsonObject {
  // Stages of a matrix are those of the file, in which the implicit ones do not stand.
  const made = new Set(matrix?.cells.flatMap((cell) => Object.values(cell.stages())));
  const shown = matrix ? [...matrix.stages, ...stages.filter(({ id }) => !made.has(id))] : stages;
  const written = shown.map(({ id, uses, from, params }) => {
    const kind = kinds.get(uses)!;
    const connections = connectionsAsWritten(from, kind);
    const own = rank && kind.ranks ? withoutRank(params, rank) : params;
    return [id, { uses, ...(connections === undefined ? {} : { from: connections }), ...own }];
  });
  return {
    name,
    seed,
    ...(matrix ? { matrix: matrix.written } : {}),
    ...(rank ? { rank: rankJson(rank) } : {}),
    stages: Object.fromEntries(written),
  };
}

/** What a stage was told of the pipeline's ranking is written there alone, so that there is one place to change it. */
function withoutRank(params: JsonObject, rank: RankSpec): JsonObject {
  const { rank: told = null, ...others } = params;
  return canonicalJson(told) === canonicalJson({ ...headOf(rank) }) ? others : params;
}

function rankJson({ by, order, top, halving }: RankSpec): JsonObject {
  return { by, order, top, ...(halving ? { halving: { ...halving } } : {}) };
}

/** The cells of a matrix as plain data. */
export function cellsJson({ cells }: MatrixSpec): CellRecord[] {
  return cells.map(({ name, values, stages }) => ({ name, values, stages: stages() }));
}

/** The resolved pipeline as YAML. */
export function resolvedYaml(spec: PipelineSpec, kinds: Kinds): string {
  return yamlText(resolvedJson(spec, kinds));
}

/**
 * Plain data as YAML for people: lists of plain values on one line, everything else on lines of its own.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(yamlText({ channels: [32, 64], split: { test: 0.02 } }),
 *   "channels: [ 32, 64 ]\nsplit:\n  test: 0.02\n");
 * ```
 */
export function yamlText(value: Json): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Seq(_, list) {
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
  return document.toString({ lineWidth: 100 });
}
