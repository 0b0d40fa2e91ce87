/**
 * Points in the order of one of their numbers: pure, over the ids of stages and what became of them.
 *
 * What is ranked are the stages that one stage of the file became. Those that differ in nothing but the seed are
 * repeats of one point, which counts with their mean, and its standard error says how sure that is.
 */
import { csvText } from "../base/csv.ts";
import { SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import type { RankedPoint, Ranking, RankSpec } from "./types.ts";

/** What a ranking says of itself. */
export type RankHead = Omit<Ranking, "points">;

/** What a pipeline's `rank` says of its ranking. */
export function headOf({ by, order, top, halving }: RankSpec): RankHead {
  return { by, order, top, ...(halving ? { halved: halving.path } : {}) };
}

/** A stage that is ranked. */
export interface Candidate {
  /** `model@learning_rate=0.001,seed=2` */
  readonly id: string;
  /** Its number, or why it has none. */
  readonly value: number | { readonly missing: string };
}

/** The numbers of an artifact. */
export interface Numbers {
  readonly scores?: Readonly<Record<string, number>>;
  readonly summary: Readonly<Record<string, number | string>>;
}

/** `model.validation loss` as the stage and the number. */
export function targetOf(by: string): { readonly stage: string; readonly number: string } {
  const dot = by.indexOf(".");
  return { stage: by.slice(0, dot), number: by.slice(dot + 1) };
}

/** Words that stand for the number; people write `validation_loss` for `validation loss`. */
const plainName = (name: string) => name.replaceAll("_", " ");

/** A number of an artifact by its name; undefined where it has none. Scores come before the summary. */
export function numberOf({ scores = {}, summary }: Numbers, name: string): number | undefined {
  const all = Object.entries({ ...summary, ...scores });
  const found = all.find(([each]) => each === name) ??
    all.find(([each]) => plainName(each) === plainName(name));
  return typeof found?.[1] === "number" ? found[1] : undefined;
}

/** What can be ranked by. */
export function numberNames({ scores = {}, summary }: Numbers): string[] {
  const numbers = Object.entries(summary).filter(([, value]) => typeof value === "number");
  return [...new Set([...Object.keys(scores), ...numbers.map(([name]) => name)])];
}

/** Throws `SpecError` for a number that the artifact of the ranked stage does not have. */
export function requireNumber({ by, place }: RankSpec, artifact: Numbers): void {
  const { stage, number } = targetOf(by);
  if (numberOf(artifact, number) !== undefined) return;
  const names = numberNames(artifact);
  const hint = names.length > 0 ? suggestion(number, names) : "It has no numbers at all.";
  const reason = `the result of "${stage}" has no number "${number}"`;
  throw new SpecError({ action: "rank the points", reason, place, hint });
}

/** Words of an id by the axes that reach it: what stands behind its @, empty for `base` and without a matrix. */
export function wordsOfId(id: string): ReadonlyMap<string, string> {
  const at = id.indexOf("@");
  const pairs = at < 0 ? [] : id.slice(at + 1).split(",").filter((pair) => pair.includes("="));
  return new Map(pairs.map((pair) => {
    const equals = pair.indexOf("=");
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  }));
}

/** What a point is called: its id without the stage and without the seed. */
function pointName(id: string): string {
  const words = [...wordsOfId(id)].filter(([axis]) => axis !== "seed");
  return words.map(([axis, word]) => `${axis}=${word}`).join(",") || "base";
}

/**
 * The ranking of some stages and of points that were stopped before: those that ran to the end, those that were
 * stopped, the later the better, then those without a number.
 */
export function rankingOf(
  head: RankHead,
  candidates: readonly Candidate[],
  stopped: readonly Omit<RankedPoint, "place">[] = [],
): Ranking {
  const { by, order, top, halved } = head;
  const groups = [...Map.groupBy(candidates, ({ id }) => pointName(id))];
  const points = [...groups.map(([name, members]) => pointOf(name, members)), ...stopped];
  const sign = order === "ascending" ? 1 : -1;
  const sorted = points.toSorted((a, b) => {
    if (a.missing !== undefined || b.missing !== undefined) {
      return Number(a.missing !== undefined) - Number(b.missing !== undefined);
    }
    const further = (b.reached ?? Infinity) - (a.reached ?? Infinity);
    if (further !== 0 && !Number.isNaN(further)) return further;
    return sign * (a.value! - b.value!);
  });
  return {
    by,
    order,
    top,
    ...(halved ? { halved } : {}),
    points: sorted.map((point, i) =>
      point.missing === undefined ? { place: i + 1, ...point } : point
    ),
  };
}

function pointOf(name: string, members: readonly Candidate[]): Omit<RankedPoint, "place"> {
  const stages = members.map(({ id }) => id);
  const lost = members.find(({ value }) => typeof value !== "number");
  const values = members.flatMap(({ value }) => typeof value === "number" ? [value] : []);
  const common = { name, stages };
  if (lost && typeof lost.value !== "number") {
    const { missing } = lost.value;
    const which = members.length > 1 ? `${lost.id.slice(lost.id.indexOf("@") + 1)}: ` : "";
    return { ...common, missing: `${which}${missing}` };
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { ...common, value: mean };
  // s^2 = sum (x - mean)^2 / (n - 1); the standard error of the mean is s / sqrt(n).
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) /
    (values.length - 1);
  return { ...common, value: mean, error: Math.sqrt(variance / values.length) };
}

/** `ranking.csv`: a line for each point, its axes in columns. */
export function rankingTable({ by, halved, points }: Ranking): string {
  const axes = [...new Set(points.flatMap(({ stages }) => [...wordsOfId(stages[0]).keys()]))]
    .filter((axis) => axis !== "seed");
  const rows = points.map(({ place, name, stages, value, error, reached, missing }) => {
    const words = wordsOfId(stages[0]);
    return [
      place,
      name,
      ...axes.map((axis) => words.get(axis)),
      value,
      error,
      stages.length,
      ...(halved ? [reached] : []),
      missing,
    ];
  });
  const stopped = halved ? [`stopped at ${halved}`] : [];
  const head = ["place", "point", ...axes, by, "standard error", "repeats", ...stopped, "missing"];
  return csvText(head, rows);
}
