/**
 * Zod's findings about a stage's parameters as faults that a user can act on: place, expectation, value and the
 * nearest right name. The sentences are ours; zod's stand only where a kind wrote its own.
 */
import type { z } from "zod";
import type { Json } from "../base/canonical.ts";
import type { Fault, Place } from "../base/errors.ts";
import { nearest, suggestion } from "../base/nearest.ts";
import { type JsonSchema, namesAt, schemasAt } from "./schema_walk.ts";
import type { Path } from "./spec_document.ts";

/** What is needed to speak about a stage's parameters. */
export interface IssueContext {
  readonly action: string;
  /** The parameters as they were written. */
  readonly raw: Json;
  readonly schema: JsonSchema;
  place(path: Path, part: "value" | "key"): Place;
}

type Issue = z.core.$ZodIssue;

/** One fault per finding, unions reduced to the branch that was meant. */
export function faultsOf(issues: readonly Issue[], context: IssueContext): Fault[] {
  return issues.flatMap((issue) => faultOf(issue, [], context));
}

function faultOf(issue: Issue, prefix: Path, context: IssueContext): Fault[] {
  const path = [
    ...prefix,
    ...issue.path.map((part) => typeof part === "symbol" ? String(part) : part),
  ];
  const value = valueAt(context.raw, path);
  const { action } = context;
  if (issue.code === "unrecognized_keys") {
    const names = namesAt(context.schema, path, context.raw);
    const kind = (value as { kind?: Json } | undefined)?.kind;
    const owner = path.length > 0 && typeof kind === "string" ? ` of ${kind}` : "";
    return issue.keys.map((key) => ({
      action,
      reason: `there is no parameter "${[...path, key].join(".")}"${owner}`,
      place: context.place([...path, key], "key"),
      hint: hintFor(key, names),
    }));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const meant = meantBranch(issue.errors);
    if (meant) return meant.flatMap((inner) => faultOf(inner, path, context));
    const kinds = discriminatorOf(issue.errors);
    if (kinds) return faultOf(kinds, path, context);
    // A map can only be the branch that looked into it: the others refuse maps altogether.
    const inside = issue.errors.filter((branch) => branch[0].path.length > 0);
    if (isMap(value) && inside.length === 1) {
      return inside[0].flatMap((inner) => faultOf(inner, path, context));
    }
  }
  const label = path.length > 0 ? path.join(".") : "the stage";
  const whole = schemasAt(context.schema, path, context.raw).some(({ type }) => type === "integer");
  const expected = expectation(issue).replace("a number", whole ? "a whole number" : "a number");
  if (value === undefined) {
    return [{
      action,
      reason: `${label} is missing: it ${expected}`,
      place: context.place(path, "value"),
    }];
  }
  const near = typeof value === "string" ? nearest(value, wordsOf(issue)) : undefined;
  return [{
    action,
    reason: `${label} ${expected}`,
    value,
    place: context.place(path, "value"),
    // The words themselves stand in the reason.
    hint: near ? `Did you mean "${near}"?` : kindHint(value, path, context),
  }];
}

/** For a kind that stands alone where it belongs into a map. */
function kindHint(
  value: Json,
  path: Path,
  { schema, raw }: Pick<IssueContext, "schema" | "raw">,
): string | undefined {
  if (typeof value !== "string") return undefined;
  const kinds = schemasAt(schema, [...path, "kind"], raw)
    .flatMap(({ const: one, enum: several = [] }) => one === undefined ? several : [one])
    .filter((kind) => typeof kind === "string");
  const kind = nearest(value, kinds);
  return kind && `Write { kind: ${kind} }.`;
}

/**
 * The branch of a union that the writer had in mind: the one whose complaints are not about the whole value or
 * its `kind`. None where the value fits no branch even by type.
 */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const near = branches.filter((issues) =>
    issues.every((issue) =>
      issue.code === "unrecognized_keys" || (issue.path.length > 0 && issue.path[0] !== "kind") ||
      (issue.code !== "invalid_type" && issue.code !== "invalid_value" &&
        issue.code !== "invalid_union")
    )
  );
  return near.toSorted((a, b) => a.length - b.length)[0];
}

/** The complaint that all branches share where each wants another word at the same place (`kind`). */
function discriminatorOf(branches: readonly (readonly Issue[])[]): Issue | undefined {
  const first = branches.map(([issue]) => issue);
  const sameWord = first.every((issue) =>
    issue.code === "invalid_value" && issue.path.length > 0 &&
    issue.path.join() === first[0].path.join()
  );
  if (!sameWord) return undefined;
  const values = first.flatMap((issue) => issue.code === "invalid_value" ? issue.values : []);
  return { ...first[0], code: "invalid_value", values } as Issue;
}

function hintFor(word: string, names: readonly string[]): string | undefined {
  return names.length > 0 ? suggestion(word, names) : undefined;
}

const typeNames: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a map",
  record: "a map",
  null: "null",
};

/** "must be ..." */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_key":
      return "has a key that is not allowed";
    case "invalid_value":
      return `must be ${oneOf(ownSpellings(issue.values))}`;
    case "invalid_union": {
      const choices = choicesOf(issue);
      if (choices.length > 0) return `must be ${oneOf(choices)}`;
      const texts = issue.errors.map((branch) => expectation(branch[0]).replace(/^must be /, ""));
      return `must be ${[...new Set(texts)].join(" or ")}`;
    }
    case "too_small":
      return `must ${boundText(issue.origin, ">", "least", issue.minimum, issue.inclusive)}`;
    case "too_big":
      return `must ${boundText(issue.origin, "<", "most", issue.maximum, issue.inclusive)}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return issue.pattern
        ? `must look like ${issue.pattern}`
        : `must be written as ${issue.format}`;
    default:
      return /^(must|is|has|needs) /.test(issue.message)
        ? issue.message
        : `is wrong: ${issue.message}`;
  }
}

function choicesOf(issue: Issue): readonly string[] {
  if (issue.code === "invalid_value") return ownSpellings(issue.values).map(String);
  if (issue.code !== "invalid_union") return [];
  return ownSpellings((issue as { options?: readonly unknown[] }).options ?? []).map(String);
}

/** Without the second spelling of kinds that may also be written with underscores. */
function ownSpellings<T>(words: readonly T[]): T[] {
  return words.filter((word) =>
    typeof word !== "string" || !word.includes("_") ||
    !(words as readonly unknown[]).includes(word.replaceAll("_", "-"))
  );
}

/** The words that may stand where the issue is, among whatever else may. */
function wordsOf(issue: Issue): readonly string[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return choicesOf(issue);
  return issue.errors.flatMap(([first]) => first.path.length === 0 ? choicesOf(first) : []);
}

function isMap(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function oneOf(choices: readonly unknown[]): string {
  const quoted = choices.map((choice) =>
    typeof choice === "string" ? `"${choice}"` : String(choice)
  );
  return quoted.length === 1 ? quoted[0] : `one of ${quoted.join(", ")}`;
}

function boundText(
  origin: string,
  sign: string,
  word: string,
  limit: number | bigint,
  inclusive?: boolean,
) {
  if (origin === "number" || origin === "int" || origin === "bigint") {
    return `be ${sign}${inclusive === false ? "" : "="} ${limit}`;
  }
  const unit = origin === "string"
    ? "character"
    : origin === "array" || origin === "tuple"
    ? "item"
    : "member";
  return `have at ${word} ${limit} ${unit}${Number(limit) === 1 ? "" : "s"}`;
}

function valueAt(value: Json, path: Path): Json | undefined {
  let current: Json | undefined = value;
  for (const part of path) {
    if (current === null || typeof current !== "object" || !Object.hasOwn(current, part)) {
      return undefined;
    }
    current = (current as Record<string | number, Json>)[part];
  }
  return current;
}
