/** Laying one value over a tree of plain data, at a path: what `--set` and an axis of `matrix` have in common. */
import type { Json } from "../base/canonical.ts";
import type { Path } from "./spec_document.ts";

/** A tree with a value laid over it. */
export interface Laid {
  readonly value: Json;
  /** Maps on the way that were not there and were written out, as paths. */
  readonly written: readonly Path[];
}

/** What stands in the way: no map at `path`, or a list that has no such item. */
export interface Blocked {
  readonly path: Path;
  readonly value: Json;
}

/**
 * Puts `value` at `path` of a copy of `tree`. A map that is left to its default is written out first, as
 * `defaultOf` gives it for what there is so far, so that one can set a member of it.
 */
export function layOver(
  tree: Json,
  path: Path,
  value: Json,
  defaultOf: (tree: Json, path: Path) => Json | undefined,
): Laid | Blocked {
  const top = structuredClone(tree) as Record<string, Json>;
  const written: Path[] = [];
  const walked: (string | number)[] = [];
  let here = top as Record<string | number, Json>;
  for (const part of path.slice(0, -1)) {
    walked.push(part);
    if (!canStandIn(here, part)) return { path: walked, value: here as Json };
    if (!Object.hasOwn(here, part) || here[part] === null) {
      define(here, part, structuredClone(defaultOf(top, walked) ?? {}));
      written.push([...walked]);
    }
    const next = here[part];
    if (typeof next !== "object" || next === null) return { path: [...walked], value: next };
    here = next as Record<string | number, Json>;
  }
  const last = path.at(-1)!;
  if (!canStandIn(here, last)) return { path: [...path], value: here as Json };
  define(here, last, value);
  return { value: top, written };
}

/** A map takes any name, a list only the number of an item that it has: not -1, and no text. */
function canStandIn(place: object, part: string | number): boolean {
  return !Array.isArray(place) || (typeof part === "number" && part < place.length);
}

/** The reason why nothing can be laid at a path; names are shown without the first `skip` parts. */
export function blockedReason({ path, value }: Blocked, skip = 0): string {
  if (Array.isArray(value)) {
    return `the list has ${value.length} items, counted from 0, and no item ${path.at(-1)}`;
  }
  return `${path.slice(skip).join(".")} is no map or list`;
}

/** A dotted path as its parts: those that are whole numbers, in their usual spelling, are positions in lists. */
export function pathOf(dotted: string): Path {
  return dotted.split(".").map((part) => /^(0|[1-9]\d*)$/.test(part) ? Number(part) : part);
}

/** Whether a path is `start` or lies below it. */
export function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((part, index) => part === path[index]);
}

/** Defined, not assigned: a key named "__proto__" is a key like any other. */
function define(target: object, key: string | number, value: Json): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
