/**
 * Line charts and histograms as SVG text, through vega-lite without a DOM (about 70 ms a chart).
 *
 * One look for all of them: white ground (so that a chart can be read on a dark page too), thin grid, titled
 * axes with units, a legend only where there are several series. The same numbers give the same bytes.
 */
import type { TopLevelSpec } from "vega-lite";

/** One axis: what it shows, with the unit, as in `noise level sigma (model units)`. */
export interface Axis {
  readonly title: string;
  /** `log` leaves out values <= 0. Linear without it. */
  readonly scale?: "linear" | "log";
  /** Whether a linear axis starts at zero; false without it. */
  readonly zero?: boolean;
}

/** Points that belong together: [x, y] pairs, in drawing order. Pairs that are not finite are left out. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
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

/** Okabe and Ito's palette, which stays apart for colour-blind readers, without its yellow. */
const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];

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

interface Row {
  readonly x: number;
  readonly y: number;
  readonly series: string;
}

function rowsOf({ series, x, y }: PointChart): Row[] {
  const shown = (axis: Axis, value: number) =>
    Number.isFinite(value) && (axis.scale !== "log" || value > 0);
  return series.flatMap(({ name, points }) =>
    points.filter((point) => shown(x, point[0]) && shown(y, point[1]))
      .map((point) => ({ x: point[0], y: point[1], series: name }))
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

/** Compiles with vega-lite, lays out with vega, prints. Both are loaded at the first chart only. */
async function draw(chart: PointChart, mark: unknown, rows: readonly Row[]): Promise<string> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const { spec } = compile(specOf(chart, mark, rows) as TopLevelSpec);
  // vega numbers clip paths through the whole process; from one again, a chart's bytes depend on it alone.
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(spec), { renderer: "none", logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function specOf(chart: PointChart, mark: unknown, rows: readonly Row[]) {
  const names = chart.series.map(({ name }) => name);
  const colour = names.length > 1
    ? {
      field: "series",
      type: "nominal",
      title: null,
      scale: { domain: names, range: names.map((_, i) => palette[i % palette.length]) },
      legend: { orient: "top", symbolType: "stroke", labelLimit: 400 },
    }
    : { value: palette[0] };
  return {
    width: chart.width ?? 560,
    height: chart.height ?? 260,
    padding: 12,
    background: "white",
    ...(chart.title === undefined ? {} : { title: { text: chart.title, anchor: "start" } }),
    data: { values: rows },
    mark,
    encoding: {
      x: axisOf("x", chart.x, rows.length === 0),
      y: axisOf("y", chart.y, rows.length === 0),
      color: colour,
    },
    config: {
      font: "system-ui, sans-serif",
      title: { fontSize: 14, fontWeight: 600, color: "#222" },
      axis: {
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: 400,
        labelColor: "#333",
        titleColor: "#222",
        gridColor: "#e5e5e5",
        domainColor: "#888",
        tickColor: "#888",
      },
      legend: { labelFontSize: 12, labelColor: "#222" },
      view: { stroke: "#ccc" },
    },
  };
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
    ...(log ? { axis: { format: "~g" } } : {}),
  };
}
