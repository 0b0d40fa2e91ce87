/**
 * A stage of a file with the values of its axes: resolved once for each combination, and once more as far as all of
 * them agree, which is how a record and `plan --full` write it down.
 */
import { canonicalJson, type Json, type JsonObject } from "../base/canonical.ts";
import type { Fault } from "../base/errors.ts";
import { defaultAt, paramsSchema } from "./schema_walk.ts";
import { type Axis, wordsOf } from "./spec_axes.ts";
import { type Path, placeOf, type Positioned } from "./spec_document.ts";
import { type Grid, UNSAID } from "./spec_grid.ts";
import { blockedReason, layOver, startsWith } from "./spec_lay.ts";
import type { Connections } from "./spec_ports.ts";
import { type ResolvedStage, resolveStage, type WrittenStage } from "./spec_stage.ts";
import { isMap } from "./spec_top.ts";
import type { StageKind } from "./stage.ts";
import type { Kinds } from "./types.ts";

/** A stage of the file and what its axes make of it. */
export interface Template {
  readonly id: string;
  readonly kind: StageKind;
  /** Stages of the file by port. */
  readonly from: Connections;
  /** As it was written, without the values of the axes. */
  readonly written: Json;
  /** Numbers of the axes that lie on it. */
  readonly own: readonly number[];
  /** One per combination of their values, in the grid's order. */
  readonly variants: readonly Variant[];
}

/** A stage with one combination of values. */
export interface Variant extends ResolvedStage {
  /** Number of the first variant with these parameters: two ways to write a value may mean the same. */
  readonly same: number;
}

/** Resolves a stage for every combination of its own axes, or tells what is wrong, once for each place. */
export function resolveVariants(
  document: Positioned,
  id: string,
  value: Json,
  grid: Grid,
  kinds: Kinds,
): Template | { readonly faults: readonly Fault[] } {
  const own = grid.axes.flatMap(({ stage }, i) => stage === id ? [i] : []);
  const written: WrittenStage = {
    id,
    value,
    place: (path, part) => placeOf(document, ["stages", id, ...path], part),
  };
  const faults = new Map<string, Fault>();
  const found = layAll(document, written, grid, own, kinds).map((stage) => {
    const resolved = "faults" in stage ? stage.faults : resolveStage(stage, kinds);
    if (!isFaults(resolved)) return [resolved];
    for (const fault of resolved) faults.set(canonicalJson([fault.reason, fault.place]), fault);
    return [];
  }).flat();
  if (faults.size > 0) return { faults: [...faults.values()] };
  const first = new Map<string, number>();
  const variants = found.map((stage, i) => {
    const text = found.length === 1 ? "" : canonicalJson(stage.params);
    if (!first.has(text)) first.set(text, i);
    return { ...stage, same: first.get(text)! };
  });
  return { id, kind: found[0].kind, from: found[0].from, written: value, own, variants };
}

function isFaults(result: ResolvedStage | readonly Fault[]): result is readonly Fault[] {
  return Array.isArray(result);
}

type LaidStage = WrittenStage | { readonly faults: readonly Fault[] };

/** The stage under all combinations. What lies deeper is laid later, so that every axis can be seen. */
function layAll(
  document: Positioned,
  stage: WrittenStage,
  grid: Grid,
  own: readonly number[],
  kinds: Kinds,
): LaidStage[] {
  const order = own.map((axis, i) => ({ axis: grid.axes[axis], i }))
    .sort((a, b) => a.axis.path.length - b.axis.path.length);
  return grid.combinations(own).map((at) =>
    order.reduce<LaidStage>(
      (under, { axis, i }) =>
        "faults" in under || at[i] === UNSAID ? under : layOne(document, under, axis, at[i], kinds),
      stage,
    )
  );
}

function layOne(
  document: Positioned,
  stage: WrittenStage,
  { path, values, at: axisAt, valuesAt }: Axis,
  number: number,
  kinds: Kinds,
): LaidStage {
  const axisPlace = () => placeOf(document, axisAt, "key");
  const refuse = (reason: string, value: Json): LaidStage => ({
    faults: [{ action: "lay the matrix over its stages", reason, value, place: axisPlace() }],
  });
  if (!isMap(stage.value)) return stage;
  const laid = layOver(stage.value, path, values[number], (tree, at) => {
    const { uses } = tree as JsonObject;
    const kind = typeof uses === "string" ? kinds.get(uses) : undefined;
    return kind && defaultAt(paramsSchema(kind), at, tree);
  });
  if (!("written" in laid)) return refuse(blockedReason(laid), laid.value);
  return {
    id: stage.id,
    value: laid.value,
    place(wanted, part) {
      const below = startsWith(wanted, path);
      if (below && (part === "value" || wanted.length > path.length)) {
        return placeOf(document, [...valuesAt[number], ...wanted.slice(path.length)], part);
      }
      const made = below || laid.written.some((created) => startsWith(wanted, created));
      return made ? axisPlace() : stage.place(wanted, part);
    },
  };
}

/**
 * The parameters as far as all variants agree, without what the axes say as a whole. Where a point leaves an axis
 * unsaid, what the file says of it has to stay.
 */
export function agreedParams({ own, written, variants }: Template, grid: Grid): JsonObject {
  const all = variants.map(({ params }) => params);
  const partial = grid.combinations(own).some((at) => at.includes(UNSAID));
  const agreed = all.reduce((one, other) => agree(one, other, partial) as JsonObject);
  if (!partial) {
    return own.reduce((rest, axis) => without(rest, grid.axes[axis].path) as JsonObject, agreed);
  }
  const { uses: _, from: __, ...params } = written as Record<string, Json>;
  return laidUnder(agreed, params) as JsonObject;
}

function agree(a: Json, b: Json, strict: boolean): Json | undefined {
  // An axis may lie on one item of a list; the others are needed to lay it over.
  if (!strict && Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.map((item, i) => agree(item, b[i], strict) ?? item);
  }
  if (!isMap(a) || !isMap(b)) return canonicalJson(a) === canonicalJson(b) ? a : undefined;
  const members = Object.entries(a).map(([name, value]) => {
    const other = b[name];
    const missing = value === undefined || other === undefined;
    return [name, missing ? undefined : agree(value, other, strict)];
  });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** What was written, with the members beside it that all agree on. */
function laidUnder(agreed: Json, written: Json): Json {
  if (!isMap(agreed) || !isMap(written)) return written;
  const members = Object.entries(written).map(([name, value]) => [
    name,
    Object.hasOwn(agreed, name) ? laidUnder(agreed[name]!, value!) : value,
  ]);
  return { ...agreed, ...Object.fromEntries(members) };
}

function without(value: Json, [first, ...rest]: Path): Json {
  if (!isMap(value) || !Object.hasOwn(value, first)) return value;
  const { [first]: member, ...others } = value;
  return rest.length === 0 ? others : { ...value, [first]: without(member!, rest) };
}

/**
 * The values of an axis with their defaults filled in, where that can be said of each by itself and changes neither
 * which of them differ nor what they are called; otherwise as they were written.
 */
export function resolvedValues(
  number: number,
  grid: Grid,
  templates: readonly Template[],
): readonly Json[] {
  const axis = grid.axes[number];
  const template = templates.find(({ id }) => id === axis.stage);
  if (!template) return axis.values;
  const mine = template.own.indexOf(number);
  const found = axis.values.map(() => new Map<string, Json>());
  for (const [i, at] of grid.combinations(template.own).entries()) {
    if (at[mine] === UNSAID) continue;
    const value = valueAt(template.variants[i].params, axis.path) ?? null;
    found[at[mine]].set(canonicalJson(value), value);
  }
  if (found.some(({ size }) => size > 1)) return axis.values;
  const values = found.flatMap((each) => [...each.values()]);
  const alike = canonicalJson(wordsOf(values)) === canonicalJson(axis.words) &&
    new Set(values.map(canonicalJson)).size === values.length;
  return alike ? values : axis.values;
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: Json, path: Path): Json | undefined {
  let here: Json | undefined = value;
  for (const part of path) {
    here = (here as Record<string | number, Json> | undefined | null)?.[part];
  }
  return here;
}
