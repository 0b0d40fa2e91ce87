/** Labels that are read: the class of every image for a stratified split, and the table that is shown. */
import { classOfEach } from "../../artifacts/classes.ts";
import { areMeasured, type ImageLabels, type SplitName } from "../../artifacts/images.ts";
import { csvText } from "../../base/csv.ts";
import { StageError } from "../../base/errors.ts";
import type { ImageSource, LabelRows } from "./source.ts";

/** The class of every image: the one column of its labels that is not 0. Throws a `StageError` where it has no one. */
export async function classesOf(
  source: ImageSource,
  context: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Uint16Array> {
  const width = source.labels!.width;
  const classes = new Uint16Array(source.count);
  let image = 0;
  const take = (rows: LabelRows) => {
    const found = classOfEach({ width }, rows);
    const row = found.indexOf(-1);
    if (row >= 0) throw noClass(rows.subarray(row * width, (row + 1) * width), image + row);
    classes.set(found, image);
    image += found.length;
  };
  if (source.readLabels) await source.readLabels(take, context.signal);
  else await source.read({ ...context, write: (_, labels) => take(labels!), progress: () => {} });
  return classes;
}

function noClass(row: LabelRows, image: number): StageError {
  return new StageError({
    action: "stratify the split",
    reason: `image ${image} must have exactly one label that is not 0`,
    value: row.filter((value) => value !== 0).length,
    hint: "Labels that are attributes are no classes: leave out stratify.",
  });
}

/** The labels of every split as CSV, and what the table says. */
export function labelTable(
  { names, width, ...labels }: ImageLabels,
  splits: readonly { readonly name: SplitName; readonly rows: LabelRows }[],
): { text: string; caption: string } {
  if (!areMeasured({ names, width, ...labels })) {
    const rows = names.map((
      name,
      i,
    ) => [name, ...splits.map(({ rows }) => having(rows, i, width))]);
    return {
      text: csvText(["label", ...splits.map(({ name }) => name)], rows, ["label"]),
      caption: "Images that have each label, by split.",
    };
  }
  const rows = names.flatMap((name, i) =>
    splits.map((split) => [name, split.name, ...spread(split.rows, i, width)])
  );
  return {
    text: csvText(["label", "split", "mean", "deviation", "smallest", "largest"], rows, ["label"]),
    caption: "Mean, standard deviation and extremes of each label, in its own unit, by split.",
  };
}

function having(rows: LabelRows, column: number, width: number): number {
  let count = 0;
  for (let at = column; at < rows.length; at += width) count += rows[at] ? 1 : 0;
  return count;
}

/** Mean, standard deviation (over n), smallest and largest value of a column. */
function spread(rows: LabelRows, column: number, width: number): number[] {
  const values: number[] = [];
  for (let at = column; at < rows.length; at += width) values.push(rows[at]);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const extreme = (pick: (a: number, b: number) => number) => values.reduce((a, b) => pick(a, b));
  return [mean, Math.sqrt(variance), extreme(Math.min), extreme(Math.max)];
}
