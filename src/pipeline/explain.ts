/**
 * Why a stage runs again: its recipe against the nearest one that is on record, leaf by leaf. Decides nothing.
 *
 *     optimizer.learning_rate 0.001 -> 0.0003
 */
import { canonicalJson, type Digest, type Json } from "../base/canonical.ts";
import type { KeyRecord } from "../store/manifest.ts";
import type { Found } from "../store/store.ts";
import type { Step } from "./steps.ts";

/** One leaf in which two recipes differ; undefined on the side that does not have it. */
export interface Difference {
  /** Dotted path in the record: `params.optimizer.learning_rate`, `inputs.noise.0`. */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** The leaves in which two recipes differ, by path. */
export function diffRecords(before: KeyRecord, after: KeyRecord): Difference[] {
  const old = leaves(before);
  const now = leaves(after);
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.map((path) => ({ path, before: old.get(path), after: now.get(path) }))
    .filter((leaf) => textOf(leaf.before) !== textOf(leaf.after));
}

function leaves(record: KeyRecord): Map<string, Json> {
  const found = new Map<string, Json>();
  const walk = (value: unknown, path: string) => {
    const isTree = typeof value === "object" && value !== null && Object.keys(value).length > 0;
    if (!isTree) found.set(path, value as Json);
    else {for (const [name, member] of Object.entries(value)) {
        walk(member, path ? `${path}.${name}` : name);
      }}
  };
  walk(JSON.parse(canonicalJson(record)), "");
  return found;
}

const textOf = (
  value: Json | undefined,
) => (value === undefined ? undefined : canonicalJson(value));

/**
 * Differences as one sentence: parameters first, among them the kinds of choices; a changed graph only where no
 * parameter accounts for it. What does not fit is counted, but no sort of difference is hidden by another.
 */
export function describeDifferences(
  differences: readonly Difference[],
  from: Readonly<Record<string, readonly string[]>>,
): string {
  const phrases: string[][] = [[], [], [], [], [], []];
  for (const difference of kindsFirst(differences)) {
    const [rank, phrase] = phraseOf(difference, from);
    if (!phrases[rank].includes(phrase)) phrases[rank].push(phrase);
  }
  if (phrases[GRAPH].length && phrases[PARAMS].length) phrases[GRAPH] = [];
  // Content of an input that changed has changed its figures too; the figures alone are worth a word.
  const changed = new Set(phrases[INPUTS]);
  phrases[INPUTS] = phrases[INPUTS].filter((phrase) =>
    !phrase.startsWith(FIGURES) || !changed.has(phrase.replace(FIGURES, "input"))
  );
  return shorten(phrases);
}

/** Kinds of choices before other leaves; those below a choice of another kind say no more and are left out. */
function kindsFirst(differences: readonly Difference[]): readonly Difference[] {
  const isKind = ({ path }: Difference) => /^params\..+\.kind$/.test(path);
  const kinds = differences.filter(isKind);
  const choices = kinds.map(({ path }) => path.slice(0, -"kind".length));
  const isBelow = ({ path }: Difference) =>
    choices.some((choice) => path.startsWith(choice) && path !== `${choice}kind`);
  return [...kinds, ...differences.filter((each) => !isKind(each))].filter((each) =>
    !isBelow(each)
  );
}

/** At most four phrases, or one of each rank, in the order of the ranks; inputs before what else there is. */
function shorten(phrases: readonly (readonly string[])[]): string {
  const all = phrases.flat();
  const firsts = phrases.flatMap(([first]) => first ?? []);
  const byWorth = new Set([...firsts, ...phrases[INPUTS], ...all]);
  const kept = new Set([...byWorth].slice(0, Math.max(4, firsts.length)));
  const shown = all.filter((phrase) => kept.has(phrase)).join(", ");
  return all.length > kept.size ? `${shown} and ${all.length - kept.size} more` : shown;
}

const FIGURES = "figures of";
const [PARAMS, VERSION, SEED, SOURCES, INPUTS, GRAPH] = [0, 1, 2, 3, 4, 5];

function phraseOf(
  { path, before, after }: Difference,
  from: Readonly<Record<string, readonly string[]>>,
): readonly [rank: number, phrase: string] {
  const [part, ...rest] = path.split(".");
  const change = `${valueText(before)} -> ${valueText(after)}`;
  if (part === "params") return [PARAMS, `${rest.join(".") || "parameters"} ${change}`];
  if (part === "version") return [VERSION, `behaviour version ${change}`];
  if (part === "seed") return [SEED, `seed ${change}`];
  if (part === "sources") return [SOURCES, sourcePhrase(rest.join("."), before, after)];
  if (part === "graph") return [GRAPH, "graph changed"];
  const stage = from[rest[0]]?.[Number(rest[1])] ?? rest[0] ?? "list";
  if (part === "views") return [INPUTS, `${FIGURES} ${stage} changed`];
  if (part === "inputs") {
    const verb = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    return [INPUTS, `input ${stage} ${verb}`];
  }
  return [PARAMS, `${path} ${change}`];
}

function sourcePhrase(file: string, before: Json | undefined, after: Json | undefined): string {
  if (before === undefined || after === undefined) {
    return file ? `file ${file} ${before === undefined ? "added" : "removed"}` : "files changed";
  }
  return `file ${file} changed`;
}

function valueText(value: Json | undefined): string {
  if (value === undefined) return "(none)";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

/** What was made before, and where to look for it. */
export interface History {
  /** What became of a stage of a pipeline, newest first. */
  stepsOf(pipeline: string, stage: string): readonly Step[];
  /** What became of stages of a kind, in any pipeline, newest first. */
  stepsOfKind(kind: string): readonly Step[];
  /** The record under a key, where the store still has it. */
  recordOf(key: Digest): KeyRecord | undefined;
}

/** A stage that runs again. */
export interface Miss {
  readonly pipeline: string;
  readonly stage: string;
  readonly from: Readonly<Record<string, readonly string[]>>;
  readonly key: Digest;
  readonly record: KeyRecord;
  readonly found: Found;
}

/** One sentence, without a full stop, that says why a stage has to run. */
export function explainMiss(miss: Miss, history: History): string {
  if (miss.found.state === "corrupt") return `stored artifact is corrupt: ${miss.found.fault}`;
  const steps = history.stepsOf(miss.pipeline, miss.stage);
  if (steps[0]?.key === miss.key) {
    return finished(steps[0]) ? "no longer in the store" : "did not finish last time";
  }
  for (const { key } of steps) {
    const record = history.recordOf(key!);
    if (record) return describeDifferences(diffRecords(record, miss.record), miss.from);
  }
  if (!steps.length) return explainNew(miss, history);
  return steps.some(finished) ? "earlier results are no longer in the store" : "never finished";
}

const finished = ({ status }: Step) => status === "ran" || status === "hit";

/** A stage that this pipeline has not run: compared with the last one of its kind anywhere. */
function explainNew(miss: Miss, history: History): string {
  for (const { pipeline, stage, key } of history.stepsOfKind(miss.record.kind)) {
    const record = history.recordOf(key!);
    if (!record) continue;
    const differences = describeDifferences(diffRecords(record, miss.record), miss.from);
    const name = pipeline === miss.pipeline ? stage : `${stage} of ${pipeline}`;
    return `never ran; unlike ${name}: ${differences}`;
  }
  return "never ran";
}
