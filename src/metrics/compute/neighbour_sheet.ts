/** The picture of samples above the training images that were found for them. */
import { imageGrid } from "../../figures/grid.ts";
import { type ImageRows, type MetricInput, takeRows } from "../metric.ts";

/** Samples side by side. */
const COLUMNS = 16;

/** Places of the `most` smallest distances, nearest first. */
export function nearestFirst(distances: Float64Array, most: number): number[] {
  return [...distances.keys()]
    .sort((a, b) => distances[a] - distances[b] || a - b)
    .slice(0, most);
}

/**
 * A PNG of the samples `order`, 16 in a row, and below each row one row of training images per entry of `below`, which
 * has a training image for every sample. Cells without a sample are blank.
 */
export async function neighbourSheet(
  { shape, training, show }: Pick<MetricInput<unknown>, "shape" | "training" | "show">,
  samples: ImageRows,
  order: readonly number[],
  below: readonly Int32Array[],
): Promise<Uint8Array> {
  const width = shape.reduce((product, extent) => product * extent, 1);
  const top = takeRows(samples.data, width, order);
  const layers = [top];
  for (const indices of below) {
    layers.push(await training.rowsAt(order.map((sample) => indices[sample])));
  }
  const columns = Math.min(COLUMNS, order.length);
  const bands = Math.ceil(order.length / columns);
  const blank = top.reduce((most, value) => Math.max(most, value), -Infinity);
  const images = new Float32Array(layers.length * bands * columns * width).fill(blank);
  layers.forEach((layer, depth) => {
    for (let i = 0; i < order.length; i++) {
      const row = layers.length * Math.floor(i / columns) + depth;
      const cell = row * columns + i % columns;
      images.set(layer.subarray(i * width, (i + 1) * width), cell * width);
    }
  });
  return await imageGrid({ images, shape, ...show, columns });
}
