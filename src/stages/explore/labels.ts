/** Figures of labels: how they are distributed, and how they go together. */
import { join } from "node:path";
import { areMeasured, type ImageLabels, type ImageSplit } from "../../artifacts/images.ts";
import { csvText } from "../../base/csv.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import { imported } from "../../base/imported.ts";
import { labelBlocks, type LabelStatistics } from "./label_statistics.ts";

/** Charts of single columns; further ones are in the table. */
const MOST_CHARTS = 8;

/** The table of columns, charts of measured ones, and the correlations, where there are any, as a heat map. */
export async function labelFigures(
  context: StageContext<unknown>,
  labels: ImageLabels,
  split: ImageSplit,
  { description: { columns, correlation }, images }: LabelStatistics,
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
      columns.map(({ name }, i) => [name, images[i], images[i] / split.count]),
    ];
  Deno.writeTextFileSync(join(scratch, "labels.csv"), csvText(head, rows, ["label"]));
  const what = measured ? "Measured numbers of" : "Images that have each label, of";
  const table = { file: "labels.csv", title: "Labels", caption: `${what} ${split.name}.` };
  const charts = measured ? await columnCharts(context, labels, split) : [];
  return [table, ...charts, ...(correlation ? [await matrix(context, labels, correlation)] : [])];
}

async function columnCharts(
  context: StageContext<unknown>,
  { names, width }: ImageLabels,
  split: ImageSplit,
): Promise<View[]> {
  const { histogram } = await imported(() => import("../../figures/chart.ts"));
  const columns = names.slice(0, MOST_CHARTS).map(() => new Float32Array(split.count));
  let row = 0;
  for await (const block of labelBlocks(context, split)) {
    for (let at = 0; at < block.length; at += width, row++) {
      for (let i = 0; i < columns.length; i++) columns[i][row] = block[at + i];
    }
  }
  const views: View[] = [];
  for (const [column, values] of columns.entries()) {
    const name = names[column];
    const file = `label-${column}.svg`;
    const svg = await histogram({ x: { title: name }, height: 180, sets: [{ name, values }] });
    Deno.writeTextFileSync(join(context.scratch, file), svg);
    const caption = `Over ${split.count} images of ${split.name}, in the label's own units.`;
    views.push({ file, title: `Distribution of ${name}`, caption });
  }
  return views;
}

async function matrix(
  { scratch }: StageContext<unknown>,
  { names }: ImageLabels,
  correlation: readonly (readonly (number | null)[])[],
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
