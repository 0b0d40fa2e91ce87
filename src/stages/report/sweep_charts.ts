/** Numbers of a sweep's cells as curves along an axis of numbers: errors by guidance scale, losses by learning rate. */
import type { Scores } from "../../pipeline/stage.ts";
import type { CurveChart } from "./ranking_section.ts";
import type { Sweep } from "./sweep.ts";
import { imported } from "../../base/imported.ts";

/** Charts of one sweep; further numbers are in its table. */
const MOST_CHARTS = 6;
/** Curves in a chart, beyond which they cannot be told apart. */
const MOST_ROWS = 8;
/** Values of the axis from which a curve says more than the table. */
const LEAST_POINTS = 3;
/** Range of values from which an axis is logarithmic. */
const WIDE = 100;

/**
 * A chart for each number that the cells have, the columns' axis along x and a curve for each row. None where the
 * columns are no numbers, or seeds, along which nothing can be expected to change.
 */
export async function sweepCharts(
  { stage, axis, columns, rows }: Sweep,
  scores: ReadonlyMap<string, Scores>,
): Promise<CurveChart[]> {
  const values = columns.map((word) => word === "" ? NaN : Number(word));
  if (axis === "seed" || columns.length < LEAST_POINTS || !values.every(Number.isFinite)) return [];
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ids = rows.flatMap(({ ids }) => ids.filter((id) => id !== undefined));
  const names = [...new Set(ids.flatMap((id) => Object.keys(scores.get(id) ?? {})))];
  if (names.length === 0 || rows.length > MOST_ROWS) return [];
  const { lineChart } = await imported(() => import("../../figures/chart.ts"));
  const low = values[order[0]], high = values[order[order.length - 1]];
  const scale = low > 0 && high / low >= WIDE ? "log" : "linear";
  return await Promise.all(
    names.slice(0, MOST_CHARTS).map(async (name) => {
      const svg = await lineChart({
        x: { title: axis, scale },
        y: { title: name.slice(name.indexOf(".") + 1) },
        height: 160,
        series: rows.map(({ label, ids }) => ({
          name: label,
          points: order.flatMap((i) => {
            const score = ids[i] === undefined ? undefined : scores.get(ids[i])?.[name];
            return score === undefined ? [] : [[values[i], score] as const];
          }),
        })),
      });
      return { title: `${name} of ${stage} by ${axis}`, svg: new TextEncoder().encode(svg) };
    }),
  );
}
