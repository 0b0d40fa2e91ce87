/** Two kinds of numbers over one axis, as SVG text: lines that read on the left, and lines that read on the right. */
import type { Axis, Frame, Series } from "./chart.ts";
import { drawing, leadingColours, partDashes } from "./drawing.ts";

/** Numbers of one kind: their axis, and their lines, told apart by `part`. */
export interface SideOfChart {
  readonly y: Axis;
  readonly series: readonly Series[];
}

/** A chart with a left and a right axis. */
export interface TwoAxesChart extends Omit<Frame, "y"> {
  readonly left: SideOfChart;
  readonly right: SideOfChart;
}

/** Both sides in the colours of their axes. Points that are not finite are left out. */
export function twoAxesChart(chart: TwoAxesChart): Promise<string> {
  const { left, right, x } = chart;
  const parts = [left, right].flatMap(({ series }) => series.flatMap(({ part }) => part ?? []));
  const dashes = partDashes([...new Set(parts)]);
  const layerOf = ({ y, series }: SideOfChart, colour: string) => ({
    data: { values: rowsOf(series) },
    mark: { type: "line", strokeWidth: 1.5, color: colour },
    encoding: {
      x: { field: "x", type: "quantitative", title: x.title, scale: { nice: false } },
      y: {
        field: "y",
        type: "quantitative",
        title: y.title,
        scale: { zero: y.zero ?? false, nice: true },
        axis: { titleColor: colour, labelColor: colour, grid: colour === leadingColours[0] },
      },
      detail: { field: "name" },
      ...(parts.length ? { strokeDash: dashes } : {}),
    },
  });
  return drawing({
    width: chart.width ?? 560,
    height: chart.height ?? 260,
    layer: [layerOf(left, leadingColours[0]), layerOf(right, leadingColours[1])],
    resolve: { scale: { y: "independent" } },
  });
}

function rowsOf(series: readonly Series[]) {
  return series.flatMap(({ name, part, points }) =>
    points.filter((point) => point.every(Number.isFinite))
      .map((point) => ({ x: point[0], y: point[1], name, part }))
  );
}
