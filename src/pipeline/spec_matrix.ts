/**
 * A matrix worked out: for every cell of its grid the pipeline with that cell's values, all in one set of stages.
 *
 * No cell is compiled on its own. A stage is resolved once for each combination of the axes that lie on it, and
 * stands in the graph once for each combination of those that reach it: its own and its inputs'. So what two cells
 * share is one stage from the start, and the cost follows the stages, not the cells times the stages. Without a
 * matrix there is one combination of nothing, and the same code.
 */
import { canonicalJson, type Json, type JsonObject } from "../base/canonical.ts";
import { type Fault, SpecError } from "../base/errors.ts";
import { placeOf, type Positioned } from "./spec_document.ts";
import { type Grid, UNSAID } from "./spec_grid.ts";
import { throwFaults } from "./spec_top.ts";
import { agreedParams, resolvedValues, resolveVariants, type Template } from "./spec_variants.ts";
import type { Cell, Kinds, MatrixSpec, StageSpec } from "./types.ts";

/** Cells of a matrix, and stages that it may come to: a plan of 10,000 takes about a second. */
const maximumCells = 20_000;
const maximumStages = 20_000;

/** Stages of all cells, and the matrix where there is one. */
export interface Expansion {
  readonly stages: readonly StageSpec[];
  readonly matrix?: MatrixSpec;
}

/** The stages of a document with a seed, for every cell of its matrix. Throws `SpecError` as `throwFaults` does. */
export function expandMatrix(
  document: Positioned,
  seed: number,
  grid: Grid,
  kinds: Kinds,
): Expansion {
  const { axes } = grid;
  checkSize(document, grid, axes.map((_, i) => i), "cells", maximumCells);
  const { stages } = document.value as { stages: JsonObject };
  const resolved = Object.entries(stages).map(([id, value]) =>
    resolveVariants(document, id, value!, grid, kinds)
  );
  throwFaults(resolved.flatMap((result) => "faults" in result ? result.faults : []));
  const templates = resolved.filter((result) => "variants" in result);
  const instances = instantiate(document, seed, templates, grid);
  const made = [...instances.values()].flatMap(({ stages }) => stages);
  if (axes.length === 0) return { stages: made };
  const values = axes.map((_, i) => resolvedValues(i, grid, templates));
  return {
    stages: made,
    matrix: {
      axes: axes.map((axis, i) => ({ ...axis, values: values[i] })),
      factors: grid.factors.map(({ axes, rows }) => ({
        axes: axes.map(({ label }) => label),
        count: rows.length,
      })),
      written: writtenMatrix(grid, values),
      stages: templates.map((template) => {
        const { id, kind, from } = template;
        return { id, uses: kind.kind, from, params: agreedParams(template, grid) };
      }),
      cells: cellsOf(grid, instances),
    },
  };
}

/** The matrix as it is written where all values are known: what was drawn stands there as points. */
function writtenMatrix({ factors }: Grid, values: readonly (readonly Json[])[]): Json {
  let first = 0;
  const members = factors.map(({ axes, rows }): [string, Json] => {
    const own = values.slice(first, first += axes.length);
    if (axes.length === 1 && rows.every(([value]) => value !== UNSAID)) {
      return [axes[0].key, [...own[0]]];
    }
    const points = rows.map((row) =>
      Object.fromEntries(
        row.flatMap((value, i) => value === UNSAID ? [] : [[axes[i].key, own[i][value]]]),
      )
    );
    return ["points", points];
  });
  return members.length === 1 && members[0][0] === "points"
    ? members[0][1]
    : Object.fromEntries(members);
}

/** The stages that one stage of the file became. */
interface Instances {
  /** Axes by number that tell them apart, ascending. */
  readonly reach: readonly number[];
  /** Id for each combination of values of those axes, the last axis fastest. */
  readonly ids: readonly string[];
  /** Those that differ. */
  readonly stages: readonly StageSpec[];
}

function instantiate(
  document: Positioned,
  seed: number,
  templates: readonly Template[],
  grid: Grid,
): ReadonlyMap<string, Instances> {
  const reaches = reachesOf(templates, grid);
  let total = 0;
  for (const [id, reach] of reaches) {
    checkSize(document, grid, reach, `stages "${id}"`, maximumStages);
    total += productOf(grid.sizes(reach));
  }
  if (total > maximumStages && grid.axes.length > 0) {
    throw tooMany(document, `it makes ${total} stages, more than ${maximumStages}`);
  }
  // The order of the file is no order of connections, so ids come first, then what they connect.
  const ids = new Map([...reaches].map(([id, reach]) => [id, idsOf(id, grid, reach)]));
  const made = new Map<string, Instances>();
  for (const template of inOrder(templates)) {
    made.set(template.id, instancesOf(template, seed, grid, reaches, ids, made));
  }
  return new Map(templates.map(({ id }) => [id, made.get(id)!]));
}

/** Which axes reach each stage: those that lie on it or on anything above it. Linear per axis. */
function reachesOf(
  templates: readonly Template[],
  { axes }: Grid,
): Map<string, number[]> {
  const reaches = new Map<string, number[]>(templates.map(({ id }) => [id, []]));
  const below = new Map<string, string[]>(templates.map(({ id }) => [id, []]));
  for (const { id, from } of axes.length > 0 ? templates : []) {
    for (const source of Object.values(from).flat()) below.get(source)?.push(id);
  }
  for (const [axis, { stage }] of axes.entries()) {
    const starts = templates.filter(({ id, kind }) =>
      stage === undefined ? kind.random : id === stage
    );
    const reached = new Set(starts.map(({ id }) => id));
    for (const id of reached) for (const next of below.get(id)!) reached.add(next); // It grows.
    for (const id of reached) reaches.get(id)!.push(axis);
  }
  return reaches;
}

/** Inputs before users; stages in or below a cycle last, for `dag.ts` to refuse. */
function inOrder(templates: readonly Template[]): Template[] {
  const byId = new Map(templates.map((template) => [template.id, template]));
  const order = new Set<Template>();
  const users = new Map<string, Template[]>();
  const waits = new Map<Template, number>();
  for (const template of templates) {
    const sources = new Set(Object.values(template.from).flat().filter((id) => byId.has(id)));
    waits.set(template, sources.size);
    for (const id of sources) users.set(id, [...users.get(id) ?? [], template]);
    if (sources.size === 0) order.add(template);
  }
  for (const { id } of order) { // `order` grows while it is walked.
    for (const user of users.get(id) ?? []) {
      const left = waits.get(user)! - 1;
      waits.set(user, left);
      if (left === 0) order.add(user);
    }
  }
  return [...order, ...templates.filter((template) => !order.has(template))];
}

function idsOf(id: string, grid: Grid, reach: readonly number[]): string[] {
  return grid.combinations(reach).map((at) => {
    return reach.length === 0 ? id : `${id}@${nameOf(grid, reach, at)}`;
  });
}

/** What a point is called that leaves everything as the pipeline has it. */
const asWritten = "base";

/** `learning_rate=0.001,sampler=ddim`: what a combination is called. */
function nameOf({ axes }: Grid, reach: readonly number[], at: readonly number[]): string {
  const said = reach.flatMap((axis, i) =>
    at[i] === UNSAID ? [] : [`${axes[axis].label}=${axes[axis].words[at[i]]}`]
  );
  return said.join(",") || asWritten;
}

function instancesOf(
  template: Template,
  usualSeed: number,
  grid: Grid,
  reaches: ReadonlyMap<string, readonly number[]>,
  ids: ReadonlyMap<string, readonly string[]>,
  made: ReadonlyMap<string, Instances>,
): Instances {
  const { axes } = grid;
  const reach = reaches.get(template.id)!;
  const variantOf = grid.projection(reach, template.own);
  const seedAt = reach.findIndex((axis) => axes[axis].stage === undefined);
  const ports = Object.entries(template.from).map(([port, sources]) => ({
    port,
    sources: sources.map((id) => {
      const known = made.get(id)?.ids ?? ids.get(id);
      return { id, known, of: grid.projection(reach, reaches.get(id) ?? []) };
    }),
  }));
  const equal = new Map<string, string>();
  const stages: StageSpec[] = [];
  const own = ids.get(template.id)!;
  const all = grid.combinations(reach).map((at, i) => {
    const variant = template.variants[variantOf(at)];
    const from = Object.fromEntries(ports.map(({ port, sources }) => [
      port,
      sources.map(({ id, known, of }) => known?.[of(at)] ?? id),
    ]));
    const seed = template.kind.random && seedAt >= 0 && at[seedAt] !== UNSAID
      ? axes[reach[seedAt]].values[at[seedAt]] as number
      : undefined;
    const recipe = canonicalJson([variant.same, from, seed ?? usualSeed]);
    const before = equal.get(recipe);
    if (before !== undefined) return before;
    equal.set(recipe, own[i]);
    const { params, place } = variant;
    const uses = template.kind.kind;
    stages.push({ id: own[i], uses, from, params, place, ...(seed === undefined ? {} : { seed }) });
    return own[i];
  });
  return { reach, ids: all, stages };
}

function cellsOf(grid: Grid, instances: ReadonlyMap<string, Instances>): Cell[] {
  const { axes } = grid;
  const all = axes.map((_, i) => i);
  const parts = [...instances].map(([id, { reach, ids }]) => ({
    id,
    ids,
    of: grid.projection(all, reach),
  }));
  return grid.combinations(all).map((at) => ({
    name: nameOf(grid, all, at),
    values: Object.fromEntries(
      axes.flatMap(({ key, values }, i) => at[i] === UNSAID ? [] : [[key, values[at[i]]]]),
    ),
    stages: () => Object.fromEntries(parts.map(({ id, ids, of }) => [id, ids[of(at)]])),
  }));
}

const productOf = (sizes: readonly number[]) => sizes.reduce((count, size) => count * size, 1);

function checkSize(
  document: Positioned,
  grid: Grid,
  some: readonly number[],
  what: string,
  most: number,
): void {
  const sizes = grid.sizes(some);
  const count = productOf(sizes);
  if (count <= most) return;
  throw tooMany(document, `it has ${sizes.join(" x ")} = ${count} ${what}, more than ${most}`);
}

function tooMany(document: Positioned, reason: string): SpecError {
  const place = placeOf(document, ["matrix"], "key");
  const hint = "Shorten the axes, or put some of them into a pipeline of their own.";
  const fault: Fault = { action: "read the matrix", reason, place, hint };
  return new SpecError(fault);
}
