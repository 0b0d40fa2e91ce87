/** Images and inputs for the tests of the metrics: made up from addressed random numbers, held in memory. */
import { normals, randomKey } from "../../../src/base/random.ts";
import type {
  ImageRows,
  ImageShape,
  ImageSource,
  MetricInput,
} from "../../../src/metrics/metric.ts";
import { takeRows } from "../../../src/metrics/metric.ts";

/** `count` images of normal noise, smoothed over rows so that neighbouring pixels are alike. */
export function noiseImages(purpose: string, count: number, shape: ImageShape): ImageRows {
  const width = shape.reduce((product, extent) => product * extent, 1);
  const key = randomKey(7, purpose);
  const data = new Float32Array(count * width);
  for (let image = 0; image < count; image++) {
    const noise = normals(key, image, width);
    for (let i = 1; i < width; i++) noise[i] = 0.8 * noise[i - 1] + 0.3 * noise[i];
    data.set(noise, image * width);
  }
  return { count, data };
}

/** Images in memory as if they lay on disk. */
export function sourceOf({ count, data }: ImageRows): ImageSource {
  const width = data.length / count;
  return {
    count,
    rows: (start, rows) => data.slice(start * width, (start + rows) * width),
    rowsAt: (indices) => takeRows(data, width, indices),
  };
}

/** An input for a metric whose training images are the reference. */
export function metricInput<P>(
  shape: ImageShape,
  sets: { samples: ImageRows; heldOut: ImageRows; reference: ImageRows },
  params: P,
): MetricInput<P> {
  return {
    ...sets,
    shape,
    heldOut: { ...sets.heldOut, trainingIndex: new Int32Array(sets.heldOut.count).fill(-1) },
    training: sourceOf(sets.reference),
    show: {},
    params,
    random: (purpose) => randomKey(7, purpose),
    pause: () => Promise.resolve(),
  };
}
