/** The top level of a pipeline document: its keys, the names in it, the seed. Not the stages themselves. */
import type { JsonObject } from "../base/canonical.ts";
import { type Fault, SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { type Path, placeOf, type Positioned } from "./spec_document.ts";

/** Names of pipelines and stages: they become folders, path segments and table cells. */
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const topLevelKeys = ["name", "seed", "stages"];

/**
 * Checks everything above the stages and returns the same document.
 *
 * Throws `SpecError` as `throwFaults` does.
 */
export function checkTop(document: Positioned): Positioned {
  const faults: Fault[] = [];
  const fault = (path: Path, reason: string, part: "value" | "key", more: Partial<Fault> = {}) =>
    faults.push({
      action: `read ${document.file}`,
      reason,
      place: placeOf(document, path, part),
      ...more,
    });
  if (!isMap(document.value)) {
    fault([], "a pipeline is a map with name, seed and stages", "value");
    throwFaults(faults);
  }
  const top = document.value as JsonObject;
  for (const key of Object.keys(top)) {
    if (topLevelKeys.includes(key)) continue;
    fault([key], `there is no top-level key "${key}"`, "key", {
      hint: suggestion(key, topLevelKeys),
    });
  }
  if (top.name === undefined) fault([], "name is missing: a pipeline needs one", "value");
  else if (typeof top.name !== "string" || !namePattern.test(top.name)) {
    fault(["name"], nameRule("name"), "value", { value: top.name });
  }
  if (top.seed !== undefined && !(Number.isSafeInteger(top.seed) && (top.seed as number) >= 0)) {
    fault(["seed"], "seed must be a whole number >= 0", "value", { value: top.seed });
  }
  if (top.stages === undefined) {
    fault([], "stages is missing: a pipeline needs at least one", "value");
  } else if (!isMap(top.stages) || Object.keys(top.stages as JsonObject).length === 0) {
    fault(["stages"], "stages must be a map with at least one stage", "value", {
      value: top.stages,
    });
  } else {
    for (const id of Object.keys(top.stages as JsonObject)) {
      if (!namePattern.test(id)) {
        fault(["stages", id], nameRule("the name of a stage"), "key", { value: id });
      } else if (topLevelKeys.includes(id)) {
        fault(
          ["stages", id],
          `a stage cannot be called "${id}": --set could not tell them apart`,
          "key",
        );
      }
    }
  }
  throwFaults(faults);
  return document;
}

function nameRule(subject: string): string {
  return `${subject} must begin with a letter and have only letters, digits, "_" and "-", at most 64`;
}

/** Whether a value is a map, not a list and not null. */
export function isMap(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Throws the first fault, the others as its cause (an `AggregateError`); nothing where there are none. */
export function throwFaults(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const [first, ...others] = faults;
  const cause = others.length > 0
    ? new AggregateError(others.map((fault) => new SpecError(fault)), "further faults")
    : undefined;
  throw new SpecError(first, { cause });
}
