/** The top level of a pipeline document: its keys, the names in it, the seed. Not the stages themselves. */
import type { Json, JsonObject } from "../base/canonical.ts";
import { type Fault, SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { type Path, placeOf, type Positioned } from "./spec_document.ts";

/** Names of pipelines and stages: they become folders, path segments and table cells. */
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const topLevelKeys = ["name", "seed", "matrix", "rank", "stages"];

/**
 * Checks everything above the stages and returns the same document.
 *
 * Throws `SpecError` as `throwFaults` does.
 */
export function checkTop(document: Positioned): Positioned {
  const faults: Fault[] = [];
  const fault: Report = (path, reason, part, more = {}) =>
    faults.push({
      action: `read ${document.file}`,
      reason,
      place: placeOf(document, path, part),
      ...more,
    });
  if (!isMap(document.value)) {
    fault([], "a pipeline is a map with name, seed and stages", "value");
  } else {
    const { name, seed, stages } = document.value;
    for (const key of Object.keys(document.value)) {
      if (topLevelKeys.includes(key)) continue;
      const hint = suggestion(key, topLevelKeys);
      fault([key], `there is no top-level key "${key}"`, "key", { hint });
    }
    if (name === undefined) fault([], "name is missing: a pipeline needs one", "value");
    else if (typeof name !== "string" || !namePattern.test(name)) {
      fault(["name"], nameRule("name"), "value", { value: name });
    }
    if (seed !== undefined && !isSeed(seed)) {
      fault(["seed"], "seed must be a whole number >= 0", "value", { value: seed });
    }
    checkStages(stages, fault);
  }
  throwFaults(faults);
  return document;
}

type Report = (path: Path, reason: string, part: "value" | "key", more?: Partial<Fault>) => void;

/** Checks that there are stages and what they are called. */
function checkStages(stages: Json | undefined, fault: Report): void {
  if (stages === undefined) {
    return fault([], "stages is missing: a pipeline needs at least one", "value");
  }
  if (!isMap(stages) || Object.keys(stages).length === 0) {
    const reason = "stages must be a map with at least one stage";
    return fault(["stages"], reason, "value", { value: stages });
  }
  for (const id of Object.keys(stages)) {
    if (!namePattern.test(id)) {
      fault(["stages", id], nameRule("the name of a stage"), "key", { value: id });
    } else if (topLevelKeys.includes(id)) {
      const reason = `a stage cannot be called "${id}": --set could not tell them apart`;
      fault(["stages", id], reason, "key");
    }
  }
}

function nameRule(subject: string): string {
  return `${subject} must begin with a letter and have only letters, digits, "_" and "-", at most 64`;
}

/** Whether a value can be the seed of random numbers. */
export function isSeed(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
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
