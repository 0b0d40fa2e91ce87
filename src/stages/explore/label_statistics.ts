/** What the labels of a split are like: numbers for each column over all rows, and how columns go together. */
import { classOfEach } from "../../artifacts/classes.ts";
import { areMeasured, type ImageLabels, type ImageSplit } from "../../artifacts/images.ts";
import { type ColumnStatistics, columnStatistics } from "../../artifacts/statistics.ts";
import type { JsonObject } from "../../base/canonical.ts";
import type { NdArray } from "../../base/nd_array.ts";
import type { StageContext } from "../../pipeline/stage.ts";

/** Columns above which a matrix of all pairs cannot be read. */
const MOST_PAIRED = 64;
/** Images over which correlations are computed; more would change no digit that is shown. */
const MOST_CORRELATED = 200_000;
/** Bytes of labels that are read at a time. */
const BLOCK = 4 << 20;

/** What is known of the label columns. */
export interface LabelDescription extends JsonObject {
  readonly columns: { name: string; mean: number; std: number; min: number; max: number }[];
  /**
   * Pearson's coefficient of every pair of columns; null where one of them has one value throughout. Left out where no
   * figure shows it: of one column or very many, and of classes that exclude each other.
   */
  readonly correlation?: (number | null)[][];
}

/** The same, and the images whose label is not 0 in each column. */
export interface LabelStatistics {
  readonly description: LabelDescription;
  readonly images: readonly number[];
}

/** Rows of labels from the first to the last, [n, L] in each block. */
export async function* labelBlocks(
  { signal }: StageContext<unknown>,
  split: ImageSplit,
): AsyncGenerator<Uint8Array | Float32Array> {
  const rows = Math.max(1, Math.floor(BLOCK / split.labels(0, 1)!.data.byteLength));
  for (let start = 0; start < split.count; start += rows) {
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    yield split.labels(start, Math.min(rows, split.count - start))!.data;
  }
}

/** Describes the labels of a split. */
export async function describeLabels(
  context: StageContext<unknown>,
  split: ImageSplit,
  labels: ImageLabels,
): Promise<LabelStatistics> {
  const { names } = labels;
  const { sums, min, max, images, isOneClass } = await countedColumns(context, split, labels);
  const means = sums.map((sum) => sum / split.count);
  const squares = await squaredDistances(context, split, means);
  const columns = names.map((name, i) => {
    const std = Math.sqrt(squares[i] / split.count);
    return { name, mean: means[i], std, min: min[i], max: max[i] };
  });
  const isPaired = names.length > 1 && names.length <= MOST_PAIRED && !isOneClass;
  const correlation = isPaired ? correlations(spacedRows(split)) : undefined;
  return { description: { columns, ...(correlation ? { correlation } : {}) }, images };
}

/** Sums, extremes and rows that are not 0 of every column, and whether every image has exactly one class. */
async function countedColumns(
  context: StageContext<unknown>,
  split: ImageSplit,
  labels: ImageLabels,
) {
  const { width } = labels;
  const filled = (value: number) => Array<number>(width).fill(value);
  const sums = filled(0), min = filled(Infinity), max = filled(-Infinity), images = filled(0);
  let isOneClass = !areMeasured(labels);
  for await (const data of labelBlocks(context, split)) {
    for (let i = 0; i < data.length; i++) {
      const column = i % width, value = data[i];
      sums[column] += value;
      if (value < min[column]) min[column] = value;
      if (value > max[column]) max[column] = value;
      if (value !== 0) images[column]++;
    }
    isOneClass &&= !classOfEach(labels, data).includes(-1);
  }
  return { sums, min, max, images, isOneClass };
}

/** Sums of squared distances from the means. */
async function squaredDistances(
  context: StageContext<unknown>,
  split: ImageSplit,
  means: readonly number[],
): Promise<number[]> {
  const squares = means.map(() => 0);
  for await (const data of labelBlocks(context, split)) {
    for (let i = 0; i < data.length; i++) {
      const column = i % means.length;
      squares[column] += (data[i] - means[column]) ** 2;
    }
  }
  return squares;
}

/** All rows of labels, or as many as are correlated, evenly spaced: rows often come in the order of their classes. */
function spacedRows(split: ImageSplit): NdArray {
  if (split.count <= MOST_CORRELATED) return split.labels()!;
  const step = split.count / MOST_CORRELATED;
  return split.labelsAt(Float64Array.from({ length: MOST_CORRELATED }, (_, i) => {
    return Math.floor(i * step);
  }))!;
}

/** Pearson's correlation of every pair of columns of [N, L]; null where one of them has one value throughout. */
function correlations(labels: NdArray): (number | null)[][] {
  const { shape: [count, width], data } = labels;
  const columns: readonly ColumnStatistics[] = columnStatistics(labels);
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
