/**
 * `extends`: a pipeline that is another one with some values changed.
 *
 *     extends: digits.yaml
 *     name: digits-short
 *     set:
 *       images.count: 500
 *       model.epochs: 1
 *
 * Paths and values under `set` are those of `--set`; name, seed, matrix and rank may be said at the top as well. What
 * is not said stays as it is in the other file.
 */
import type { Json, JsonObject } from "../base/canonical.ts";
import { type Fault, SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { placeOf, type Positioned, readDocument, type SpecSource } from "./spec_document.ts";
import { applyAll, type Override } from "./spec_overrides.ts";
import { checkTop, isMap } from "./spec_top.ts";
import type { Kinds } from "./types.ts";

/** What is overridden at the top of a file that extends another. */
const replaced = ["name", "seed", "matrix", "rank"];
const known = ["extends", ...replaced, "set"];

/**
 * The document of a source, with what it extends under it. Throws `SpecError` for a file that says more than changes,
 * and for files that extend each other in a circle.
 */
export function readExtended(
  source: SpecSource,
  kinds: Kinds,
  within: readonly string[] = [],
): Positioned {
  const document = readDocument(source.text, source.file);
  if (!isMap(document.value) || document.value.extends === undefined) return checkTop(document);
  const { extends: base, set = {} } = document.value;
  const files = [...within, source.file];
  if (typeof base !== "string" || !/^[^/\\]+\.ya?ml$/.test(base)) {
    const reason = "extends names a pipeline file in the same folder";
    throw fault(document, ["extends"], reason, { value: base });
  }
  checkKeys(document, document.value);
  const other = source.sibling?.(base, placeOf(document, ["extends"]));
  if (!other) {
    throw fault(document, ["extends"], "there is no folder to look for another file", {});
  }
  if (files.includes(other.file)) {
    const reason = `files extend each other in a circle: ${[...files, other.file].join(" -> ")}`;
    throw fault(document, ["extends"], reason, {});
  }
  const under = readExtended(other, kinds, files);
  const top = replaced.filter((key) => Object.hasOwn(document.value as JsonObject, key));
  const overrides = [
    ...top.map((key) => overrideOf(document, [key], [key], (document.value as JsonObject)[key]!)),
    ...Object.entries(set as JsonObject).map(([path, value]) =>
      overrideOf(document, ["set", path], path.split("."), value!)
    ),
  ];
  return { ...applyAll(under, overrides, kinds), file: source.file };
}

function overrideOf(
  document: Positioned,
  written: readonly string[],
  path: readonly string[],
  value: Json,
): Override {
  return {
    path,
    value,
    place: placeOf(document, written),
    example: "set",
    find: (below, part) => document.find([...written, ...below], part),
  };
}

function checkKeys(document: Positioned, top: JsonObject) {
  for (const key of Object.keys(top)) {
    if (known.includes(key)) continue;
    const hint = key === "stages"
      ? "Write what changes under set: `set: { model.epochs: 1 }`."
      : suggestion(key, known);
    const reason = `a file that extends another has no key "${key}"`;
    throw fault(document, [key], reason, { hint }, "key");
  }
  if (top.name === undefined) {
    throw fault(document, [], "name is missing: a pipeline needs one", {});
  }
  if (top.set === undefined || isMap(top.set)) return;
  const hint = "For example: `set: { model.epochs: 1 }`.";
  throw fault(document, ["set"], "set must be a map of paths to values", { value: top.set, hint });
}

function fault(
  document: Positioned,
  path: readonly string[],
  reason: string,
  more: Partial<Fault>,
  part: "value" | "key" = "value",
): SpecError {
  const place = placeOf(document, path, part);
  return new SpecError({ action: `read ${document.file}`, reason, place, ...more });
}
