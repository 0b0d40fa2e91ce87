/** Line charts, histograms and scatter plots as SVG text (about 70 ms a chart); how they look is `drawing.ts`. */
import { drawing, partDashes, seriesColour } from "./drawing.ts";

/** One axis: what it shows, with the unit, as in `noise level sigma (model units)`. */
export interface Axis {
  readonly title: string;
  /** `log` leaves out values <= 0. Linear without it. */
  readonly scale?: "linear" | "log";
  /** Whether a linear axis starts at zero; false without it. */
  readonly zero?: boolean;
  /** Whether the values are whole numbers, such as epochs, with no marks between them; false without it. */
  readonly whole?: boolean;
}

/** Points that belong together: [x, y] pairs, in drawing order. Pairs that are not finite are left out. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  /**
   * In line charts: what the line shows of `name`, such as training or validation. Series of one name have one colour,
   * and each part has its dashes; the first is drawn solid.
   */
  readonly part?: string;
}

/** What all charts share. Sizes are of the plotting area, in pixels. */
export interface Frame {
  readonly title?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly width?: number;
  readonly height?: number;
}

/** A chart of series of points. */
export interface PointChart extends Frame {
  readonly series: readonly Series[];
}

/** A histogram: each set of values in its own colour over common bins, as shares of its own count. */
export interface HistogramChart extends Omit<Frame, "y"> {
  readonly sets: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
  /** Number of equal bins between the smallest and the largest value; 30 without it. */
  readonly bins?: number;
}

/**
 * A line per series, as SVG text.
 *
 * @example
 * ```ts
 * import { lineChart } from "./chart.ts";
 * const svg = await lineChart({
 *   x: { title: "step" },
 *   y: { title: "loss (mean squared error)", scale: "log" },
 *   series: [{ name: "training", points: [[1, 1.01], [2, 0.62], [3, 0.38]] }],
 * });
 * if (!svg.startsWith("<svg")) throw new Error("no chart");
 * ```
 */
export function lineChart(chart: PointChart): Promise<string> {
  return draw(chart, { type: "line", strokeWidth: 1.5, interpolate: "linear" }, rowsOf(chart));
}

/** A dot per point, as SVG text; the colour says the series. */
export function scatterPlot(chart: PointChart): Promise<string> {
  const rows = rowsOf(chart);
  const size = Math.max(12, Math.min(40, 20_000 / rows.length));
  return draw(chart, { type: "circle", size, opacity: 0.6, aria: false }, rows);
}

/** Shares of values per bin, as stepped outlines with light fills, as SVG text. */
export function histogram(chart: HistogramChart): Promise<string> {
  const rows = chart.sets.length === 0 ? [] : binnedRows(chart);
  const mark = {
    type: "area",
    line: { strokeWidth: 1.5 },
    fillOpacity: 0.18,
    interpolate: "step-after",
  };
  const y = { title: "share of values", zero: true };
  return draw(
    { ...chart, y, series: chart.sets.map(({ name }) => ({ name, points: [] })) },
    mark,
    rows,
  );
}

/** Share of all values in one bin from which a chart of shares is logarithmic. */
const DOMINANT = 0.4;

/** The axis for shares of values by bin: where one bin, such as a black ground, would press all others to 0, by logarithm. */
export function shareAxis(series: readonly Series[]): Axis {
  const largest = Math.max(0, ...series.flatMap(({ points }) => points.map(([, share]) => share)));
  const title = "share of values";
  return largest > DOMINANT ? { title, scale: "log" } : { title, zero: true };
}

interface Row {
  readonly x: number;
  readonly y: number;
  readonly series: string;
  readonly part?: string;
}

function rowsOf({ series, x, y }: PointChart): Row[] {
  const shown = (axis: Axis, value: number) =>
    Number.isFinite(value) && (axis.scale !== "log" || value > 0);
  return series.flatMap(({ name, points, part }) =>
    points.filter((point) => shown(x, point[0]) && shown(y, point[1]))
      .map((point) => ({ x: point[0], y: point[1], series: name, ...(part ? { part } : {}) }))
  );
}

function binnedRows({ sets, bins = 30 }: HistogramChart): Row[] {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of sets) {
    for (let i = 0; i < values.length; i++) {
      [low, high] = [Math.min(low, values[i]), Math.max(high, values[i])];
    }
  }
  if (!(high >= low)) return [];
  if (high === low) [low, high] = [low - 0.5, high + 0.5];
  const width = (high - low) / bins;
  return sets.flatMap(({ name, values }) => {
    const counts = new Array<number>(bins).fill(0);
    for (let i = 0; i < values.length; i++) {
      counts[Math.min(bins - 1, Math.floor((values[i] - low) / width))]++;
    }
    // The step is drawn after its point, so the last bin needs its right edge as a point of its own.
    return [...counts, counts[bins - 1]].map((count, i) => ({
      x: low + i * width,
      y: count / Math.max(1, values.length),
      series: name,
    }));
  });
}

function draw(
  chart: PointChart,
  mark: { readonly type: string; readonly [property: string]: unknown },
  rows: readonly Row[],
): Promise<string> {
  const names = [...new Set(chart.series.map(({ name }) => name))];
  const parts = [...new Set(chart.series.flatMap(({ part }) => part ?? []))];
  return drawing({
    width: chart.width ?? 560,
    height: chart.height ?? 260,
    ...(chart.title === undefined ? {} : { title: { text: chart.title, anchor: "start" } }),
    data: { values: rows },
    mark,
    encoding: {
      x: axisOf("x", chart.x, rows.length === 0),
      y: axisOf("y", chart.y, rows.length === 0),
      color: seriesColour(names, mark.type === "circle" ? "circle" : "stroke"),
      ...(parts.length ? { strokeDash: partDashes(parts) } : {}),
    },
  });
}

/** An axis without data gets some domain, because vega would label it from NaN to NaN. */
function axisOf(field: "x" | "y", axis: Axis, empty: boolean) {
  const log = axis.scale === "log";
  const scale = log
    ? { type: "log", nice: false }
    : { type: "linear", zero: axis.zero ?? false, nice: field === "y" };
  return {
    field,
    type: "quantitative",
    title: axis.title,
    stack: null,
    scale: empty ? { ...scale, domain: [1, 10] } : scale,
    ...(log ? { axis: { format: "~g" } } : axis.whole ? { axis: { tickMinStep: 1 } } : {}),
  };
}
