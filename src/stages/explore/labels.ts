/** How labels are distributed, and how they go together. */
import { join } from "node:path";
import { classOfEach } from "../../artifacts/classes.ts";
import { areMeasured, type ImageLabels, type ImageSplit } from "../../artifacts/images.ts";
import { type ColumnStatistics, columnStatistics } from "../../artifacts/statistics.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { csvText } from "../../base/csv.ts";
import type { NdArray } from "../../base/nd_array.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import { imported } from "../../base/imported.ts";

/** Columns above which a matrix of all pairs cannot be read. */
const MOST_PAIRED = 64;
/** Charts of single columns; further ones are in the table. */
const MOST_CHARTS = 8;

/** Images whose labels are read for their statistics; more would change no digit that is shown. */
const MOST_LABELS = 200_000;

/** What is known of the label columns. */
export interface LabelDescription extends JsonObject {
  readonly columns: { name: string; mean: number; std: number; min: number; max: number }[];
  /** Pearson's coefficient of every pair of columns; null where one of them has one value throughout. */
  readonly correlation: (number | null)[][];
}

/** Describes the labels of a split. */
export function describeLabels(split: ImageSplit, { names }: ImageLabels): LabelDescription {
  const labels = split.labels(0, Math.min(split.count, MOST_LABELS))!;
  const columns = columnStatistics(labels).map((column, i) => ({ name: names[i], ...column }));
  return { columns, correlation: correlations(labels, columns) };
}

/** Pearson's correlation of every pair of columns of [N, L]; null where one of them has one value throughout. */
function correlations(
  { shape: [count, width], data }: NdArray,
  columns: readonly ColumnStatistics[],
): (number | null)[][] {
  const scaled = columns.map(({ mean, std }, column) =>
    Float64Array.from(
      { length: count },
      (_, i) => (Number(data[i * width + column]) - mean) / std,
    )
  );
  return scaled.map((a, i) =>
    scaled.map((b, j) => {
      if (columns[i].std === 0 || columns[j].std === 0) return null;
      if (i === j) return 1;
      let sum = 0;
      for (let k = 0; k < count; k++) sum += a[k] * b[k];
      return sum / count;
    })
  );
}

/** The table of columns, charts of measured ones, and the correlations as a heat map. */
export async function labelFigures(
  context: StageContext<unknown>,
  labels: ImageLabels,
  split: ImageSplit,
  { columns, correlation }: LabelDescription,
): Promise<View[]> {
  const { scratch } = context;
  const measured = areMeasured(labels);
  const [head, rows] = measured
    ? [
      ["label", "mean", "standard deviation", "smallest", "largest"],
      columns.map(({ name, mean, std, min, max }) => [name, mean, std, min, max]),
    ]
    : [
      ["label", "images", "share"],
      columns.map(({ name, mean }) => [name, Math.round(mean * split.count), mean]),
    ];
  Deno.writeTextFileSync(join(scratch, "labels.csv"), csvText(head, rows, ["label"]));
  const what = measured ? "Measured numbers of" : "Images that have each label, of";
  const table = { file: "labels.csv", title: "Labels", caption: `${what} ${split.name}.` };
  const charts = measured ? await columnCharts(context, labels, split) : [];
  const paired = columns.length > 1 && columns.length <= MOST_PAIRED && !isOneClass(labels, split);
  return [table, ...charts, ...(paired ? [await matrix(context, labels, correlation)] : [])];
}

/** Whether every image has exactly one label: how classes exclude each other needs no figure. */
function isOneClass(labels: ImageLabels, split: ImageSplit): boolean {
  if (areMeasured(labels)) return false;
  const { data } = split.labels(0, Math.min(split.count, MOST_LABELS))!;
  return !classOfEach(labels, data).includes(-1);
}

async function columnCharts(
  { scratch }: StageContext<unknown>,
  { names, width }: ImageLabels,
  split: ImageSplit,
): Promise<View[]> {
  const { histogram } = await imported(() => import("../../figures/chart.ts"));
  const { data } = split.labels()!;
  const views: View[] = [];
  for (const [column, name] of names.slice(0, MOST_CHARTS).entries()) {
    const values = Float64Array.from({ length: split.count }, (_, i) => data[i * width + column]);
    const file = `label-${column}.svg`;
    const svg = await histogram({ x: { title: name }, height: 180, sets: [{ name, values }] });
    Deno.writeTextFileSync(join(scratch, file), svg);
    const caption = `Over ${split.count} images of ${split.name}, in the label's own units.`;
    views.push({ file, title: `Distribution of ${name}`, caption });
  }
  return views;
}

async function matrix(
  { scratch }: StageContext<unknown>,
  { names }: ImageLabels,
  correlation: LabelDescription["correlation"],
): Promise<View> {
  const { heatMap } = await imported(() => import("../../figures/heat_map.ts"));
  const file = "correlation.svg";
  const svg = await heatMap({
    rows: names,
    columns: names,
    values: correlation.map((row) => row.map((value) => value ?? NaN)),
    legend: "correlation",
    domain: [-1, 1],
  });
  Deno.writeTextFileSync(join(scratch, file), svg);
  const caption = "Pearson's correlation of every pair of labels. White: a label of one value.";
  return { file, title: "Correlation of labels", caption };
}
