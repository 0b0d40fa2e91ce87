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

/** The three numbers that `descriptor-errors` reads by default, of every image, as its labels. */
export function described(
  { count, data }: ImageRows,
  [channels, height, width]: ImageShape,
  wrongBy = 0,
): ImageRows {
  const plane = height * width;
  const labels = Array.from({ length: count }, (_, n) => {
    const values = (c: number) =>
      Array.from(data.subarray((n * channels + c) * plane, (n * channels + c + 1) * plane));
    const mean = (of: number[]) => of.reduce((sum, x) => sum + x, 0) / plane;
    const [g, o] = [values(1), values(2)];
    const deviation = Math.sqrt(mean(g.map((x) => (x - mean(g)) ** 2)));
    return [mean(g), deviation, mean(o)].map((x, i) => x + wrongBy * (n - i));
  });
  return { count, data, labels: Float32Array.from(labels.flat()) };
}

/** Images in memory as if they lay on disk. */
export function sourceOf({ count, data, labels }: ImageRows): ImageSource {
  const width = data.length / count;
  return {
    count,
    rows: (start, rows) => data.slice(start * width, (start + rows) * width),
    rowsAt: (indices) => takeRows(data, width, indices),
    ...(labels ? { labelsAt: (indices) => takeRows(labels, labels.length / count, indices) } : {}),
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
    cutAxes: ["z", "y", "x"],
    ...(sets.samples.labels ? { labelNames: ["mean G", "std G", "mean O"] } : {}),
    heldOut: { ...sets.heldOut, trainingIndex: new Int32Array(sets.heldOut.count).fill(-1) },
    training: sourceOf(sets.reference),
    show: {},
    params,
    random: (purpose) => randomKey(7, purpose),
    pause: () => Promise.resolve(),
  };
}
