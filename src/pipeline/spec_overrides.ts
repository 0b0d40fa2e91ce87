/**
 * `--set path=value`: overrides laid over a document before it is resolved. A path begins with `name`, `seed`
 * or a stage's id; the value is written in YAML. Places of overridden values read `--set model.epochs`.
 */
import type { Json } from "../base/canonical.ts";
import { SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { defaultAt, paramsSchema } from "./schema_walk.ts";
import { type Path, type Positioned, readDocument } from "./spec_document.ts";
import type { Kinds } from "./types.ts";

/** One `--set`. */
interface Override {
  readonly label: string;
  readonly path: readonly string[];
  readonly value: Json;
}

/**
 * Applies overrides in order. A map that the file leaves to its default is written out first, so that
 * `--set model.optimizer.learning_rate=1e-3` works whether or not the file names an optimizer.
 *
 * Throws `SpecError` for a path that begins with no stage, or that runs through something that is no map or
 * list; names further down are checked with all others when the document is resolved.
 */
export function applyOverrides(
  document: Positioned,
  sets: readonly string[],
  kinds: Kinds,
): Positioned {
  return sets.map(parseOverride).reduce(
    (under, override) => applyOne(under, override, kinds),
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
    return { label, path, value: readDocument(text.slice(equals + 1), label).value };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new SpecError({ ...error.fault, action: "read an override", place: { file: label } });
  }
}

function applyOne(document: Positioned, override: Override, kinds: Kinds): Positioned {
  const { label, value } = override;
  const path = documentPath(document, override);
  const top = structuredClone(document.value) as Record<string, Json>;
  const written: Path[] = [];
  let here = top as Record<string | number, Json>;
  const walked: (string | number)[] = [];
  for (const part of path.slice(0, -1)) {
    walked.push(part);
    if (!Object.hasOwn(here, part) || here[part] === null) {
      define(here, part, structuredClone(defaultBelow(top, walked, kinds) ?? {}));
      written.push([...walked]);
    }
    const next = here[part];
    if (typeof next !== "object" || next === null) throw notWalkable(override, walked, next);
    here = next as Record<string | number, Json>;
  }
  const last = path.at(-1)!;
  if (Array.isArray(here) && !(Number(last) < here.length)) {
    throw notWalkable(override, [...walked, last], here as Json);
  }
  define(here, last, value);
  return {
    file: document.file,
    value: top,
    find(wanted, part) {
      if (startsWith(wanted, path)) {
        return wanted.length === path.length ? { file: label } : undefined;
      }
      if (written.some((created) => startsWith(wanted, created))) return { file: label };
      return document.find(wanted, part);
    },
  };
}

/** `model.epochs` as the document's own path `stages.model.epochs`, with list positions as numbers. */
function documentPath(document: Positioned, { path, label }: Override): Path {
  const top = document.value as Record<string, Json> | null;
  const stages = (top?.stages ?? {}) as Record<string, Json>;
  const [first, ...rest] = path;
  if ((first === "name" || first === "seed") && rest.length === 0) return path;
  if (!Object.hasOwn(stages, first) || rest.length === 0) {
    throw new SpecError({
      action: "apply an override",
      reason: rest.length === 0 && Object.hasOwn(stages, first)
        ? `a path goes on below the stage "${first}"`
        : `there is no stage "${first}"`,
      place: { file: label },
      hint: rest.length === 0 && Object.hasOwn(stages, first)
        ? `For example: --set ${first}.uses=...`
        : suggestion(first, ["name", "seed", ...Object.keys(stages)]),
    });
  }
  return ["stages", first, ...rest.map((part) => /^\d+$/.test(part) ? Number(part) : part)];
}

function defaultBelow(top: Record<string, Json>, path: Path, kinds: Kinds): Json | undefined {
  const stage = (top.stages as Record<string, Record<string, Json>>)[path[1]];
  const kind = typeof stage?.uses === "string" ? kinds.get(stage.uses) : undefined;
  return kind && defaultAt(paramsSchema(kind), path.slice(2), stage);
}

function notWalkable({ label }: Override, path: Path, value: Json): SpecError {
  const shown = path.slice(1).join(".");
  return new SpecError({
    action: "apply an override",
    reason: Array.isArray(value)
      ? `the list has ${value.length} items, counted from 0, and no item ${path.at(-1)}`
      : `${shown} is no map or list`,
    value,
    place: { file: label },
  });
}

function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((part, index) => part === path[index]);
}

function define(target: object, key: string | number, value: Json): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
