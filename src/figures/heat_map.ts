/** Matrices as coloured squares with their numbers in them, as SVG text. */
import { drawing } from "./drawing.ts";

/** A matrix with names. */
export interface HeatMap {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** One list per row; what is not finite is left white. */
  readonly values: readonly (readonly number[])[];
  readonly rowTitle?: string;
  readonly columnTitle?: string;
  /** What the numbers are, beside the colours. */
  readonly legend: string;
  /** The values of the two end colours: blue and red around white where they are opposite, else white to blue. */
  readonly domain: readonly [number, number];
  /** Digits after the point; 2 without it. */
  readonly digits?: number;
}

/** Side of a square, in pixels; more than so many columns are drawn smaller and without numbers. */
const CELL = 44, MOST_COLUMNS = 16;

/** Draws the matrix. */
export function heatMap(map: HeatMap): Promise<string> {
  const { rows, columns, values, legend, domain, digits = 2 } = map;
  const numbered = columns.length <= MOST_COLUMNS;
  const side = numbered ? CELL : Math.max(4, Math.floor(CELL * MOST_COLUMNS / columns.length));
  const data = rows.flatMap((row, i) =>
    columns.map((column, j) => ({ row, column, value: values[i][j] }))
      .filter(({ value }) => Number.isFinite(value))
  );
  const opposite = domain[0] === -domain[1];
  const [, high] = domain;
  const dark = opposite ? `abs(datum.value) > ${0.6 * high}` : `datum.value > ${0.6 * high}`;
  const axis = (field: string, names: readonly string[], title = "") => ({
    field,
    type: "nominal",
    title: title || null,
    sort: null,
    scale: { domain: names },
    axis: { labelAngle: field === "column" && names.some((name) => name.length > 5) ? -40 : 0 },
  });
  return drawing({
    width: side * columns.length,
    height: side * rows.length,
    data: { values: data },
    encoding: {
      x: axis("column", columns, map.columnTitle),
      y: axis("row", rows, map.rowTitle),
    },
    layer: [
      {
        mark: "rect",
        encoding: {
          color: {
            field: "value",
            type: "quantitative",
            title: legend,
            scale: {
              interpolate: "rgb",
              domain,
              range: opposite ? ["#2166ac", "#ffffff", "#b2182b"] : ["#ffffff", "#0b4f8a"],
              ...(opposite ? { domainMid: 0 } : {}),
            },
          },
        },
      },
      ...(numbered
        ? [{
          mark: { type: "text", fontSize: 11 },
          encoding: {
            text: { field: "value", type: "quantitative", format: `.${digits}f` },
            color: { condition: { test: dark, value: "white" }, value: "#222" },
          },
        }]
        : []),
    ],
  });
}
