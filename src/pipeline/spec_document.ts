/**
 * YAML text as plain JSON with positions. Data only: no tags, no merge keys, no second document, aliases and
 * size bounded. Knows nothing of stages.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, Node, Pair } from "yaml";
import type { Json } from "../base/canonical.ts";
import { type Place, SpecError } from "../base/errors.ts";

/** A pipeline as a user gives it. */
export interface SpecSource {
  readonly text: string;
  /** Path of the file, as errors should show it. */
  readonly file: string;
  /** `path=value` overrides, in order. */
  readonly set?: readonly string[];
  /** Reads another file of the same folder, which `place` names. Throws `SpecError`. */
  sibling?(name: string, place: Place): SpecSource;
}

/** A path from the top of a document to one of its values. */
export type Path = readonly (string | number)[];

/** A document: its value, and where each value and key was written. */
export interface Positioned {
  readonly file: string;
  readonly value: Json;
  /** The place of exactly the value (or its key) at a path, where it was written. */
  find(path: Path, part: "value" | "key"): Place | undefined;
}

/** The place of a value or key; where it was not written, that of the nearest thing around it that was. */
export function placeOf(document: Positioned, path: Path, part: "value" | "key" = "value"): Place {
  for (let length = path.length; length >= 0; length--) {
    const place = document.find(path.slice(0, length), length === path.length ? part : "value");
    if (place) return place;
  }
  return { file: document.file };
}

/** A document that was never text, as the runs' records keep it. */
export function plainDocument(value: Json, file: string): Positioned {
  return { file, value, find: () => undefined };
}

/** Largest file that is read. The largest pipeline of the project has 3 kB, one of 10,000 stages 1 MB. */
const maximumBytes = 8 << 20;
/** Values that the aliases of a document may stand for: an alias bomb of 9 levels would have 10^9. */
const maximumAliased = 50_000;
const maximumDepth = 64;

interface Reading {
  readonly document: Document;
  readonly placeAt: (offset: number) => Place;
  readonly action: string;
  /** Values that were read through aliases so far. */
  aliased: number;
  /** Aliases that stand around the value that is being read. */
  inAlias: number;
}

/**
 * Reads one YAML 1.2 document. `action` begins the error messages.
 *
 * Throws `SpecError` with the place for anything that is not one plain document: syntax errors, duplicate keys,
 * tags, keys that are collections, unknown aliases, numbers that are not finite or too large to be exact.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const document = readDocument("a:\n  b: 1e-4", "a.yaml");
 * assert.deepEqual(document.value, { a: { b: 0.0001 } });
 * assert.deepEqual(placeOf(document, ["a", "b"]), { file: "a.yaml", line: 2, column: 6 });
 * ```
 */
export function readDocument(text: string, file: string, action = `read ${file}`): Positioned {
  if (new TextEncoder().encode(text).length > maximumBytes) {
    throw new SpecError({
      action,
      reason: `the file is larger than ${maximumBytes} bytes`,
      place: { file },
    });
  }
  const lineCounter = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    schema: "core",
    version: "1.2",
    merge: false,
    resolveKnownTags: false,
    // `convertMap` looks for duplicates itself: here it takes 1.5 s for a map of 10,000 keys.
    uniqueKeys: false,
    // "silent" would also silence the error about a second document.
    logLevel: "error",
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) {
    throw new SpecError({
      action,
      reason: problemText(problem.code, problem.message),
      place: placeAt(problem.pos[0]),
    });
  }
  const reading: Reading = { document, placeAt, action, aliased: 0, inAlias: 0 };
  const root = document.contents as Node | null;
  return {
    file,
    value: root ? convert(reading, root, 0, 0) : null,
    find(path, part) {
      const offset = offsetOf(document, path, part);
      return offset === undefined ? undefined : placeAt(offset);
    },
  };
}

/** Where the value or key at a path begins. Looked for when it is asked, which only messages do. */
function offsetOf(document: Document, path: Path, part: "value" | "key"): number | undefined {
  let node = document.contents as Node | null | undefined;
  let key = 0;
  for (const name of path) {
    const around = isAlias(node) ? node.resolve(document) : node;
    if (isMap<Node, Node | null>(around)) {
      const pair = around.items.find((item) => keyOf(item) === name);
      if (!pair) return undefined;
      key = pair.key.range?.[0] ?? 0;
      node = pair.value;
    } else if (isSeq<Node | null>(around) && Number(name) < around.items.length) {
      node = around.items[Number(name)];
      key = node?.range?.[0] ?? key;
    } else return undefined;
  }
  return part === "value" && isWritten(node) ? node.range?.[0] ?? key : key;
}

/** The name of a member: keys are words, as they were written. */
function keyOf({ key }: Pair<Node, unknown>): string | undefined {
  return isScalar(key) && key.value !== null ? String(key.source ?? key.value) : undefined;
}

/** Whether a value takes any room in the text; one that is left out is null. */
function isWritten(node: Node | null | undefined): node is Node {
  return node !== null && node !== undefined &&
    !(isScalar(node) && node.value === null && !node.source);
}

/** The library's own sentences, in ours where a reader of pipelines would stumble. */
function problemText(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") {
    return "a pipeline file holds one YAML document, here a second one begins";
  }
  if (code === "RESOURCE_EXHAUSTION") return "the document is nested too deeply";
  if (code === "TAG_RESOLVE_FAILED") return "YAML tags are not used in pipelines";
  return message.split("\n")[0].replace(/\.$/, "");
}

function convert(reading: Reading, node: Node | null, start: number, depth: number): Json {
  const fail = failing(reading, node?.range?.[0] ?? start);
  if (depth > maximumDepth) fail(`the document is nested deeper than ${maximumDepth} levels`);
  if (reading.inAlias > 0 && ++reading.aliased > maximumAliased) {
    fail(`the document has more than ${maximumAliased} values once its aliases are expanded`);
  }
  if (node === null) return null;
  if (isAlias(node)) {
    const target = node.resolve(reading.document);
    if (!target) fail(`the alias *${node.source} names nothing that was written before it`);
    reading.inAlias++;
    const value = convert(reading, target as Node, start, depth + 1);
    reading.inAlias--;
    return value;
  }
  if (node.tag && !plainTags.has(node.tag)) fail("YAML tags are not used in pipelines", node.tag);
  if (isScalar(node)) return convertScalar(node.value, node.source ?? "", fail);
  if (isMap<Node, Node | null>(node)) return convertMap(reading, node.items, depth);
  if (!isSeq<Node | null>(node)) return fail("the document holds something that is no plain value");
  return node.items.map((item) => convert(reading, item, item?.range?.[0] ?? start, depth + 1));
}

type Fail = (reason: string, value?: unknown) => never;

function failing(reading: Reading, offset: number): Fail {
  return (reason, value) => {
    const { action, placeAt } = reading;
    throw new SpecError({ action, reason, value, place: placeAt(offset) });
  };
}

/** Tags that change nothing. */
const plainTags = new Set(
  ["map", "seq", "str", "int", "float", "bool", "null"].map((name) => `tag:yaml.org,2002:${name}`),
);

function convertMap(
  reading: Reading,
  pairs: readonly Pair<Node, Node | null>[],
  depth: number,
): Json {
  const members: Record<string, Json> = {};
  for (const pair of pairs) {
    const offset = pair.key.range?.[0] ?? 0;
    const fail = failing(reading, offset);
    const key = keyOf(pair);
    if (key === undefined) return fail("a key is a plain word");
    if (Object.hasOwn(members, key)) fail("the same key is written twice");
    const value = convert(reading, pair.value, offset, depth + 1);
    // Defined, not assigned: a key named "__proto__" is a key like any other.
    Object.defineProperty(members, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return members;
}

function convertScalar(value: unknown, source: string, fail: Fail): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "number") {
    return fail("a value is text, a number, true, false or null", String(value));
  }
  if (!Number.isFinite(value)) return fail("a number must be finite", source);
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(source)) {
    return fail("a whole number must be at most 2^53 - 1 to be exact", source);
  }
  // -0 and 0 are the same number with two canonical texts; keys must not differ by it.
  return value === 0 ? 0 : value;
}
