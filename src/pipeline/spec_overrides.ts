/**
 * `--set path=value`: overrides laid over a document before it is resolved. A path begins with `name`, `seed`,
 * `matrix` or a stage's id; the value is written in YAML. Places of overridden values read `--set model.epochs`.
 */
import type { Json } from "../base/canonical.ts";
import { SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { defaultAt, paramsSchema } from "./schema_walk.ts";
import { type Path, type Positioned, readDocument } from "./spec_document.ts";
import { blockedReason, layOver, pathOf, startsWith } from "./spec_lay.ts";
import { isMap } from "./spec_top.ts";
import type { Kinds } from "./types.ts";

/** One `--set`. */
interface Override {
  readonly label: string;
  readonly path: readonly string[];
  readonly value: Json;
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
  return sets.map(parseOverride).reduce(
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
    return { label, path, value: readDocument(text.slice(equals + 1), label).value };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new SpecError({ ...error.fault, action: "read an override", place: { file: label } });
  }
}

function applyOne(document: Positioned, override: Override, kinds: Kinds): Positioned {
  const { label, value } = override;
  const path = documentPath(document, override);
  const laid = layOver(document.value, path, value, (top, at) => defaultBelow(top, at, kinds));
  if (!("written" in laid)) {
    const reason = blockedReason(laid, 1);
    throw new SpecError({
      action: "apply an override",
      reason,
      value: laid.value,
      place: { file: label },
    });
  }
  return {
    file: document.file,
    value: laid.value,
    find(wanted, part) {
      if (startsWith(wanted, path)) {
        return wanted.length === path.length ? { file: label } : undefined;
      }
      if (laid.written.some((created) => startsWith(wanted, created))) return { file: label };
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
  if (first === "matrix") return rest.length === 0 ? path : ["matrix", rest.join(".")];
  if (!Object.hasOwn(stages, first) || rest.length === 0) {
    throw new SpecError({
      action: "apply an override",
      reason: rest.length === 0 && Object.hasOwn(stages, first)
        ? `a path goes on below the stage "${first}"`
        : `there is no stage "${first}"`,
      place: { file: label },
      hint: rest.length === 0 && Object.hasOwn(stages, first)
        ? `For example: --set ${first}.uses=...`
        : suggestion(first, ["name", "seed", "matrix", ...Object.keys(stages)]),
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

/** The document without the axis whose path is overridden. Throws for an override that an axis would hide. */
function withoutAxis(document: Positioned, { path, label }: Override): Positioned {
  const { matrix } = document.value as { matrix?: Json };
  const key = path.join(".");
  if (!isMap(matrix)) return document;
  const over = Object.keys(matrix).find((axis) => key.startsWith(`${axis}.`));
  if (over !== undefined && path[0] !== "matrix") {
    throw new SpecError({
      action: "apply an override",
      reason: `the matrix varies ${over} as a whole`,
      place: { file: label },
      hint: `Give ${over} one value: --set '${over}=...'`,
    });
  }
  if (!Object.hasOwn(matrix, key)) return document;
  const { [key]: _, ...axes } = matrix;
  const { matrix: __, ...top } = document.value as Record<string, Json>;
  const left = Object.keys(axes).length > 0;
  return { ...document, value: left ? { ...top, matrix: axes as Json } : top };
}
