/** Curves in the tables of stages: a .csv view whose columns are numbers and whose first one rises. Draws nothing. */
import { parseCsv } from "../../base/csv.ts";

/** One column of a table over its first. */
export interface Curve {
  readonly column: string;
  /** Name of the first column: `epoch`. */
  readonly along: string;
  readonly points: readonly (readonly [number, number])[];
}

/** Points of a curve; more than the eye can tell apart only make the page larger. */
const CURVE_POINTS = 400;

/**
 * The curves in the text of a CSV file; none where it is another table. Further columns behind the first that count up
 * in whole numbers, as steps beside epochs do, are no curves; empty fields are no points.
 */
export function curvesOf(text: string): Curve[] {
  const [head = [], ...rows] = parseCsv(text);
  const columns = head.map((_, i) => rows.map((row) => (row[i] ?? "").trim()));
  const numeric = columns.every((column) =>
    column.every((field) => Number.isFinite(Number(field)))
  );
  if (!numeric || rows.length < 2 || !rises(columns[0])) return [];
  const first = columns.findIndex((column) => !rises(column) || !column.every(isWhole));
  const start = first < 0 ? columns.length : Math.max(1, first);
  return head.slice(start).map((column, i) => {
    const values = columns[start + i];
    const points = values.flatMap((field, row) =>
      field === "" ? [] : [[Number(columns[0][row]), Number(field)] as const]
    );
    return { column, along: head[0], points: thinned(points) };
  }).filter(({ points }) => points.length > 1);
}

const isWhole = (field: string) => Number.isInteger(Number(field));

const rises = (column: readonly string[]) =>
  column.every((field, i) => field !== "" && (i === 0 || Number(field) > Number(column[i - 1])));

/** Means of equal stretches, at their ends. */
function thinned(points: Curve["points"]): Curve["points"] {
  const length = Math.ceil(points.length / CURVE_POINTS);
  if (length <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / length) }, (_, i) => {
    const part = points.slice(i * length, (i + 1) * length);
    const mean = part.reduce((sum, [, y]) => sum + y, 0) / part.length;
    return [part.at(-1)![0], mean] as const;
  });
}
