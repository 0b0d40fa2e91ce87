/**
 * Overrides laid over a document before it is resolved: `--set path=value`, and what a file that extends another says.
 * A path begins with `name`, `seed`, `matrix`, `rank` or a stage's id; a value of `--set` is written in YAML, and its
 * place reads `--set model.epochs`.
 */
import type { Json } from "../base/canonical.ts";
import { type Place, SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { defaultAt, paramsSchema } from "./schema_walk.ts";
import { type Path, type Positioned, readDocument } from "./spec_document.ts";
import { blockedReason, layOver, pathOf, startsWith } from "./spec_lay.ts";
import { isMap } from "./spec_top.ts";
import type { Kinds } from "./types.ts";

/** One value for one path. */
export interface Override {
  readonly path: readonly string[];
  readonly value: Json;
  /** Where it is written. */
  readonly place: Place;
  /** How it would be written, for hints: `--set` on the command line. */
  readonly example: string;
  /** Where something inside the value is written, where that is known. */
  find?(below: Path, part: "value" | "key"): Place | undefined;
}

/**
 * Applies overrides in order. A map that the file leaves to its default is written out first, so that
 * `--set model.optimizer.learning_rate=1e-3` works whether or not the file names an optimizer. An override of what
 * an axis of the matrix varies takes the axis out: that value alone is left of it.
 *
 * Throws `SpecError` for a path that begins with no stage, or that runs through something that is no map or
 * list; names further down are checked with all others when the document is resolved.
 */
export function applyOverrides(
  document: Positioned,
  sets: readonly string[],
  kinds: Kinds,
): Positioned {
  return applyAll(document, sets.map(parseOverride), kinds);
}

/** The same with overrides that have been read. */
export function applyAll(
  document: Positioned,
  overrides: readonly Override[],
  kinds: Kinds,
): Positioned {
  return overrides.reduce(
    (under, override) => applyOne(withoutAxis(under, override), override, kinds),
    document,
  );
}

function parseOverride(text: string): Override {
  const equals = text.indexOf("=");
  const path = text.slice(0, Math.max(equals, 0)).trim().split(".");
  if (equals < 1 || path.some((part) => part === "")) {
    throw new SpecError({
      action: "read --set",
      reason: "an override is written path=value",
      value: text,
      hint: "For example: --set model.epochs=100",
    });
  }
  const label = `--set ${path.join(".")}`;
  try {
    const { value } = readDocument(text.slice(equals + 1), label);
    return { path, value, place: { file: label }, example: "--set" };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new SpecError({ ...error.fault, action: "read an override", place: { file: label } });
  }
}

function applyOne(document: Positioned, override: Override, kinds: Kinds): Positioned {
  const { place, value } = override;
  const path = documentPath(document, override);
  const laid = layOver(document.value, path, value, (top, at) => defaultBelow(top, at, kinds));
  if (!("written" in laid)) {
    const reason = blockedReason(laid, 1);
    throw new SpecError({
      action: "apply an override",
      reason,
      value: laid.value,
      place,
      hint: typeof laid.value === "string"
        ? `Write the map whole, as --set ${laid.path.join(".").replace(/^stages\./, "")}=` +
          `'{ kind: ${laid.value}, ${path.slice(laid.path.length).join(".")}: ... }' does.`
        : undefined,
    });
  }
  return {
    file: document.file,
    value: laid.value,
    find(wanted, part) {
      if (startsWith(wanted, path)) {
        const below = wanted.slice(path.length);
        return below.length === 0 ? place : override.find?.(below, part);
      }
      if (laid.written.some((created) => startsWith(wanted, created))) return place;
      return document.find(wanted, part);
    },
  };
}

/** `model.epochs` as the document's own path `stages.model.epochs`, with list positions as numbers. */
function documentPath(document: Positioned, { path, place, example }: Override): Path {
  const top = document.value as Record<string, Json> | null;
  const stages = (top?.stages ?? {}) as Record<string, Json>;
  const [first, ...rest] = path;
  if ((first === "name" || first === "seed") && rest.length === 0) return path;
  if (first === "matrix") return rest.length === 0 ? path : ["matrix", rest.join(".")];
  if (first === "rank") return path;
  if (!Object.hasOwn(stages, first) || rest.length === 0) {
    throw new SpecError({
      action: "apply an override",
      reason: rest.length === 0 && Object.hasOwn(stages, first)
        ? `a path goes on below the stage "${first}"`
        : `there is no stage "${first}"`,
      place,
      hint: rest.length === 0 && Object.hasOwn(stages, first)
        ? `For example: ${example} ${first}.uses=...`
        : suggestion(first, ["name", "seed", "matrix", "rank", ...Object.keys(stages)]),
    });
  }
  return ["stages", first, ...pathOf(rest.join("."))];
}

function defaultBelow(top: Json, path: Path, kinds: Kinds): Json | undefined {
  if (path[0] !== "stages") return undefined;
  const stage = (top as { stages: Record<string, Record<string, Json>> }).stages[path[1]];
  const kind = typeof stage?.uses === "string" ? kinds.get(stage.uses) : undefined;
  return kind && defaultAt(paramsSchema(kind), path.slice(2), stage);
}

/** The document without the axis whose path is overridden. Throws for an override that the matrix would hide. */
function withoutAxis(document: Positioned, { path, place, example }: Override): Positioned {
  const { matrix } = document.value as { matrix?: Json };
  const key = path.join(".");
  if (path[0] === "matrix") return document;
  const hide = (reason: string, hint: string) =>
    new SpecError({ action: "apply an override", reason, place, hint });
  const said = pointKeys(matrix).find((axis) => key === axis || key.startsWith(`${axis}.`));
  if (said !== undefined) {
    const hint = `Change the points, or leave them out: ${example} matrix=null`;
    throw hide(`points of the matrix say ${said}`, hint);
  }
  if (!isMap(matrix)) return document;
  const over = Object.keys(matrix).find((axis) => key.startsWith(`${axis}.`));
  if (over !== undefined) {
    const hint = `Give ${over} one value: ${example} '${over}=...'`;
    throw hide(`the matrix varies ${over} as a whole`, hint);
  }
  if (!Object.hasOwn(matrix, key)) return document;
  const { [key]: _, ...axes } = matrix;
  const { matrix: __, ...top } = document.value as Record<string, Json>;
  // Without an axis to draw from there are no points to be drawn.
  const { sample, ...listed } = axes;
  const drawn = sample !== undefined && Object.keys(listed).some((axis) => axis !== "seed");
  const left = drawn ? axes : listed;
  return {
    ...document,
    value: Object.keys(left).length > 0 ? { ...top, matrix: left as Json } : top,
  };
}

/** Paths of which the points of a matrix say something. */
function pointKeys(matrix: Json | undefined): string[] {
  const points = isMap(matrix) ? matrix.points : matrix;
  return Array.isArray(points)
    ? points.flatMap((point) => isMap(point) ? Object.keys(point) : [])
    : [];
}
