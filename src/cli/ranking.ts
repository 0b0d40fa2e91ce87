/** The ranking of a pipeline's points as text, and what is said of the rungs of a halving. */
import type { ForeseenRung } from "../pipeline/halving.ts";
import type { RankedPoint, Ranking } from "../pipeline/types.ts";
import { countText, numberText, tableText } from "./format.ts";

/** Points that are listed one by one; all of them are in ranking.csv. */
const LISTED = 24;

/** The order of the points, the best first; those without a number say why. */
export function rankingText({ by, order, halved, points }: Ranking): string {
  const title = `ranking by ${by}, the ${order === "ascending" ? "smallest" : "largest"} first`;
  const rows = points.slice(0, LISTED).map((point) => [
    `  ${point.place ?? "-"}`,
    valueText(point),
    point.name,
    noteOf(point, halved),
  ]);
  const left = points.length - rows.length;
  const more = left > 0 ? `  and ${left} more\n` : "";
  return `${title}:\n${tableText(rows, LONG)}${more}`;
}

/** Characters above which a note stands out of its column. */
const LONG = 60;

function valueText({ value, error }: RankedPoint): string {
  if (value === undefined) return "";
  return error === undefined ? numberText(value) : `${numberText(value)} ± ${numberText(error)}`;
}

function noteOf({ stages, reached, missing }: RankedPoint, halved?: string): string {
  return [
    ...(stages.length > 1 ? [countText(stages.length, "seed")] : []),
    ...(reached === undefined ? [] : [`stopped at ${halved} ${reached}`]),
    ...(missing === undefined ? [] : [missing]),
  ].join(", ");
}

/** `halving model.epochs: 24 points with 2, at most 12 with 4, then at most 6 to the end` */
export function rungsText(
  rungs: readonly ForeseenRung[],
  path: string,
  points: number,
): string {
  const sure = rungs.at(-1)?.toRun === 0;
  const rows = rungs.map(({ value, points, certain, toRun }) => [
    `  ${path} ${numberText(value)}`,
    `${certain ? "" : "at most "}${countText(points, "point")}`,
    toRun === undefined
      ? ""
      : toRun === 0
      ? "all stages cached"
      : `${countText(toRun, "stage")} to run`,
  ]);
  rows.push(["  to the end", `${sure ? "" : "at most "}${countText(points, "point")}`, ""]);
  return `halving ${path}:\n${tableText(rows)}`;
}
