/**
 * One axis of a matrix: its path, its values, and what they are called. How an axis is written and which values go
 * together stands in `spec_points.ts`.
 */
import { canonicalJson, type Json } from "../base/canonical.ts";
import { suggestion } from "../base/nearest.ts";
import type { Fault } from "../base/errors.ts";
import type { Path } from "./spec_document.ts";
import { pathOf } from "./spec_lay.ts";
import { isMap, isSeed } from "./spec_top.ts";

/** One thing that the matrix varies. */
export interface Axis {
  /** The path as it was written: `model.optimizer.learning_rate`. */
  readonly key: string;
  /** The stage that it belongs to; undefined for `seed`. */
  readonly stage: string | undefined;
  /** The path below that stage. */
  readonly path: Path;
  /** Its end that no other axis has: `learning_rate`. */
  readonly label: string;
  readonly values: readonly Json[];
  /** A word for each value, unlike those of the others: `0.001`, `ddim`. */
  readonly words: readonly string[];
  /** Where the axis stands in the document, and each of its values. */
  readonly at: Path;
  readonly valuesAt: readonly Path[];
}

/** Keys of a stage that make it another stage or connect it elsewhere: not to be varied. */
const fixed = ["uses", "from"];

/** Notes a fault at a path of the document. */
export type Refuse = (
  path: Path,
  part: "value" | "key",
  reason: string,
  more?: Partial<Fault>,
) => void;

/** Refuses a path that is none of a stage's parameters or `seed`; `at` is where it is written. */
export function checkPath(
  key: string,
  at: Path,
  stages: readonly string[],
  refuse: Refuse,
): void {
  const [first, ...rest] = key.split(".");
  if (key === "seed") return;
  const fault = (reason: string, hint?: string) => refuse(at, "key", reason, { hint });
  if (key === "name") {
    return fault("name cannot be varied: it says which pipeline this is");
  }
  if (!stages.includes(first)) {
    return fault(`there is no stage "${first}"`, suggestion(first, ["seed", ...stages]));
  }
  if (rest.length === 0 || rest.includes("")) {
    return fault(
      `an axis is a path below the stage "${first}"`,
      `For example: ${first}.epochs`,
    );
  }
  if (fixed.includes(rest[0])) {
    fault(`${key} cannot be varied: it decides what the stages are and how they are connected`);
  }
}

/** Refuses a list of values that is empty, has a value twice, or seeds that are none. */
export function checkValues(key: string, values: Json, at: Path, refuse: Refuse): void {
  if (!Array.isArray(values)) {
    const hint = `For example: ${key}: [${JSON.stringify(values)}]`;
    return refuse(at, "value", "an axis is a list of values", { value: values, hint });
  }
  if (values.length === 0) return refuse(at, "value", "an axis needs at least one value");
  const seen = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const text = canonicalJson(value);
    const before = seen.get(text);
    if (before !== undefined) {
      refuse([...at, i], "value", `the value stands there already, as number ${before + 1}`, {
        value,
      });
    }
    seen.set(text, before ?? i);
    checkSeed(key, value, [...at, i], refuse);
  }
}

/** Refuses a value of `seed` that is no seed. */
export function checkSeed(key: string, value: Json, at: Path, refuse: Refuse): void {
  if (key !== "seed" || isSeed(value)) return;
  refuse(at, "value", "seed must be a whole number >= 0", { value });
}

/** An axis among others, whose paths decide how much of its own tells it apart. */
export function axisOf(
  key: string,
  keys: readonly string[],
  { values, at, valuesAt }: Pick<Axis, "values" | "at" | "valuesAt">,
): Axis {
  const [first, ...rest] = key.split(".");
  const stage = key === "seed" ? undefined : first;
  return {
    key,
    stage,
    path: stage === undefined ? [] : pathOf(rest.join(".")),
    label: labelOf(key, keys),
    values,
    words: wordsOf(values),
    at,
    valuesAt,
  };
}

/** The shortest end of a path that begins with a name and that no other path ends with. */
function labelOf(key: string, keys: readonly string[]): string {
  const parts = key.split(".");
  for (let length = 1; length < parts.length; length++) {
    const end = parts.slice(-length).join(".");
    if (/^\d/.test(end)) continue;
    if (keys.every((other) => other === key || !`.${other}`.endsWith(`.${end}`))) return end;
  }
  return key;
}

/**
 * A word per value that can stand in the names of stages and folders: the value where it is plain, its `kind`
 * where it is a map, else its number. Words differ in more than capitals, which some disks do not tell apart.
 */
export function wordsOf(values: readonly Json[]): readonly string[] {
  const words = values.map(wordOf);
  const counts = new Map<string, number>();
  for (const word of words) {
    if (word) counts.set(word.toLowerCase(), (counts.get(word.toLowerCase()) ?? 0) + 1);
  }
  const numbered = words.map((word, i) => {
    if (word === undefined) return `v${i + 1}`;
    return counts.get(word.toLowerCase()) === 1 ? word : `${word}-${i + 1}`;
  });
  // A value may be called like the number of another; then all are numbered.
  const distinct = new Set(numbered.map((word) => word.toLowerCase())).size === values.length;
  return distinct ? numbered : values.map((_, i) => `v${i + 1}`);
}

/** Longest word for a value; file names hold 255 bytes, and an id may have several words. */
const wordLength = 24;

function wordOf(value: Json): string | undefined {
  const text = isMap(value)
    ? value.kind
    : Array.isArray(value)
    ? value.map((item) => wordOf(item) ?? "/").join("-")
    : String(value);
  const plain = typeof text === "string" && /^[\w.+-]+$/.test(text) && text.length <= wordLength;
  return plain ? text : undefined;
}
