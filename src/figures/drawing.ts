/**
 * From a vega-lite specification to SVG text, without a DOM: one look for all figures. White ground (so that a figure
 * can be read on a dark page too), thin grid, titled axes with units, a legend only where there are several series.
 * The same numbers give the same bytes.
 */
import type { TopLevelSpec } from "vega-lite";
import { imported } from "../base/imported.ts";

/** Okabe and Ito's palette, which stays apart for colour-blind readers, and three more for ten classes. */
const palette = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#e69f00",
  "#000000",
  "#f0e442",
  "#7a5195",
  "#999999",
];

const config = {
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
};

/** Compiles with vega-lite, lays out with vega, prints. Both are loaded at the first figure only. */
export async function drawing(specification: object): Promise<string> {
  const [vega, { compile }] = await Promise.all([
    imported(() => import("vega")),
    imported(() => import("vega-lite")),
  ]);
  const whole = { padding: 12, background: "white", ...specification, config };
  const { spec } = compile(whole as TopLevelSpec);
  // vega numbers clip paths through the whole process; from one again, a figure's bytes depend on it alone.
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(spec), { renderer: "none", logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Pixels of a name in a legend. Where no font can be asked, a letter counts as 0.8 of its height: about 120 letters. */
const NAME_WIDTH = 1200;

/** The colours of series in the field `series`, with a legend where there are several. */
export function seriesColour(names: readonly string[], symbolType = "stroke"): object {
  if (names.length < 2) return { value: palette[0] };
  // Long names have a line each; side by side they would be wider than the chart.
  const columns = Math.max(...names.map((name) => name.length)) > 24 ? 1 : 5;
  return {
    field: "series",
    type: "nominal",
    title: null,
    scale: { domain: names, range: names.map((_, i) => palette[i % palette.length]) },
    legend: { orient: "top", symbolType, symbolOpacity: 1, labelLimit: NAME_WIDTH, columns },
  };
}

/** The dashes of what is in the field `part`, with a legend where there are several; the first is solid. */
export function partDashes(parts: readonly string[]): object {
  return {
    field: "part",
    type: "nominal",
    title: null,
    scale: { domain: parts, range: [[1, 0], [4, 3], [1, 3]].slice(0, parts.length) },
    legend: parts.length < 2 ? null : { orient: "top", symbolType: "stroke", symbolSize: 300 },
  };
}

/** The first colours of the palette, for what stands in no legend. */
export const leadingColours: readonly [string, string] = [palette[0], palette[1]];
