/** Which stages of a report are cells of one sweep, and how they lie in a table. It reads nothing but ids. */

import { wordsOfId as valuesOf } from "../../pipeline/ranking.ts";

export { valuesOf };

/** A stage that a matrix has made several times, with the values of the axes that reach it. */
export interface Sweep {
  /** The stage's name in the pipeline file. */
  readonly stage: string;
  /** The axis along the columns, and its words in order; cells that fill no table have no such axis, and one column. */
  readonly axis: string;
  readonly columns: readonly string[];
  readonly rows: readonly SweepRow[];
}

/** Cells that differ in the columns' axis alone. */
export interface SweepRow {
  /** Values of the other axes, `sampler=ddim steps=10`; empty where there is no other axis. */
  readonly label: string;
  /** Ids of stages by column; undefined where the matrix has no such cell. */
  readonly ids: readonly (string | undefined)[];
}

/** Ids of all cells, row by row. */
export function cellIds({ rows }: Sweep): string[] {
  return rows.flatMap(({ ids }) => ids).filter((id) => id !== undefined);
}

/** The sweeps among ids such as `samples@sampler=ddim,steps=10`, in the order in which they first appear. */
export function sweepsOf(ids: readonly string[]): Sweep[] {
  const byStage = Map.groupBy(ids.filter((id) => id.includes("@")), (id) => id.split("@")[0]);
  return [...byStage].filter(([, cells]) => cells.length > 1)
    .map(([stage, cells]) => laidOut(stage, cells));
}

function laidOut(stage: string, ids: readonly string[]): Sweep {
  const cells = ids.map((id) => ({ id, values: valuesOf(id) }));
  const axes = [...new Set(cells.flatMap(({ values }) => [...values.keys()]))];
  const wordsOf = (axis: string) => [...new Set(cells.map(({ values }) => values.get(axis) ?? ""))];
  // The last axis that varies goes along the columns.
  const axis = axes.findLast((name) => wordsOf(name).length > 1) ?? axes[0];
  const columns = wordsOf(axis);
  const others = axes.filter((name) => name !== axis && wordsOf(name).length > 1);
  const byRow = Map.groupBy(
    cells,
    ({ values }) =>
      others.flatMap((name) => values.has(name) ? [`${name}=${values.get(name)}`] : []).join(" "),
  );
  const rows = [...byRow].map(([label, members]) => ({
    label,
    ids: columns.map((word) => members.find(({ values }) => (values.get(axis) ?? "") === word)?.id),
  }));
  // Points that were drawn share next to no values: then each of them is a row.
  const filled = ids.length > rows.length * columns.length * LEAST_FILLED;
  return filled
    ? { stage, axis, columns, rows }
    : { stage, axis: "", columns: [""], rows: listed(ids) };
}

/** Share of the places of a table that cells must fill; two lists of values that are all different fill 1 / n. */
const LEAST_FILLED = 0.5;

const listed = (ids: readonly string[]): SweepRow[] =>
  ids.map((id) => ({ label: id.slice(id.indexOf("@") + 1).replaceAll(",", " "), ids: [id] }));
