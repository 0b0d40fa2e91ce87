/** Means with their errors as SVG text, a row for each name: which of several choices differ by more than chance. */
import { drawing, leadingColours } from "./drawing.ts";

/** A dot with a bar to each side. */
export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** Length of the bar to one side; without it there is only the dot. */
  readonly error?: number;
}

export interface IntervalPlot {
  /** What the values are, with the unit. */
  readonly title: string;
  /** From the top down. Names must differ; rows whose numbers are not finite are left out. */
  readonly rows: readonly IntervalRow[];
}

/** Height of a row and width of the plotting area, in pixels; longest name before it is cut. */
const ROW = 22;
const WIDTH = 420;
const NAME = 320;

/**
 * The rows over one common axis, which need not begin at zero.
 *
 * @example
 * ```ts
 * import { intervalPlot } from "./interval_plot.ts";
 * const svg = await intervalPlot({
 *   title: "kernel distance",
 *   rows: [{ name: "norm=layer", value: 0.02, error: 0.003 }, { name: "norm=group", value: 0.03 }],
 * });
 * if (!svg.includes("norm=group")) throw new Error("no plot");
 * ```
 */
export function intervalPlot({ title, rows }: IntervalPlot): Promise<string> {
  const values = rows.filter(({ value, error = 0 }) => Number.isFinite(value + error))
    .map(({ name, value, error = 0 }) => ({
      name,
      value,
      low: value - error,
      high: value + error,
    }));
  const [color] = leadingColours;
  const x = (field: string) => ({ field, type: "quantitative", title, scale: { zero: false } });
  return drawing({
    width: WIDTH,
    height: { step: ROW },
    data: { values },
    encoding: {
      y: { field: "name", type: "nominal", sort: null, axis: { title: null, labelLimit: NAME } },
    },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 2, color },
        encoding: { x: x("low"), x2: { field: "high" } },
      },
      { mark: { type: "circle", size: 70, opacity: 1, color }, encoding: { x: x("value") } },
    ],
  });
}
