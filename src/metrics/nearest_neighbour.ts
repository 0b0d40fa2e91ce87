/**
 * The nearest training image of every sample: is the model creating, or repeating what it saw?
 *
 * How near is too near is asked of the data: held-out real images, which are no copies, have nearest training
 * images too, and their distances are the scale. The search is exact and goes through all training images.
 */
import { z } from "zod";
import { imageGrid } from "../figures/grid.ts";
import {
  type ImageRows,
  type Measure,
  type Metric,
  type MetricFigure,
  type MetricInput,
  takeRows,
} from "./metric.ts";
import { bootstrapInterval, resampleCounts, weightedMean } from "./numeric/bootstrap.ts";
import { type Neighbours, searchNeighbours } from "./numeric/search.ts";

interface Params {
  readonly pairs: number;
}

/** Pairs side by side in the figure. */
const COLUMNS = 16;

export const nearestNeighbour: Metric<Params> = {
  kind: "nearest-neighbour",
  summary:
    "Nearest training image of every sample, against that of held-out real images: memorisation",
  params: z.strictObject({
    pairs: z.int().min(1).max(1024).default(64)
      .describe("Samples shown above their nearest training images, nearest first"),
  }),
  headlines: ["distance", "closer_than_real"],
  async compute(input) {
    const samples = await searchNeighbours(input, input.samples);
    const heldOut = await searchNeighbours(input, input.heldOut, input.heldOut.trainingIndex);
    return {
      measures: measuresOf(input, samples, heldOut),
      figures: [
        await pairsFigure(input, input.samples, samples),
        await distanceFigure(samples, heldOut),
      ],
    };
  },
};

function measuresOf(
  { random }: MetricInput<Params>,
  samples: Neighbours,
  heldOut: Neighbours,
): Record<string, Measure> {
  const real = heldOut.distances.slice().sort();
  const closer = ({ distances }: Neighbours) =>
    distances.map((distance) => shareAbove(real, distance));
  const mean = (values: Float64Array, most?: number) => {
    const value = weightedMean(values, new Uint8Array(values.length).fill(1));
    const resampled = resampleCounts(random("nearest-neighbour bootstrap"), values.length)
      .map((weights) => weightedMean(values, weights));
    return { value, interval: bootstrapInterval(value, resampled, 0, most) };
  };
  const both = (meaning: string, of: (found: Neighbours) => ReturnType<typeof mean>): Measure => {
    const [own, real] = [of(samples), of(heldOut)];
    return { meaning, ...own, reference: real.value, referenceInterval: real.interval };
  };
  return {
    distance: both(
      "mean distance to the nearest training image, root mean square per pixel, model units; far below " +
        "the reference is memorisation, far above it is poor quality",
      (found) => mean(found.distances),
    ),
    closer_than_real: both(
      "chance to be closer to a training image than a held-out image is, ties counted half; near 1 is " +
        "memorisation",
      (found) => mean(closer(found), 1),
    ),
    closest: {
      meaning: "smallest of the distances, model units; 0 is an exact copy",
      value: samples.distances.reduce((least, distance) => Math.min(least, distance), Infinity),
      reference: heldOut.distances.reduce((least, distance) => Math.min(least, distance), Infinity),
    },
    distinct_neighbours: {
      meaning:
        "number of different nearest images per sample; far below the reference is lack of variety",
      value: new Set(samples.indices).size / samples.indices.length,
      reference: new Set(heldOut.indices).size / heldOut.indices.length,
    },
  };
}

/** Rows of samples, each with the row of their neighbours below it, nearest first. */
async function pairsFigure(
  { shape, training, params, show }: MetricInput<Params>,
  samples: ImageRows,
  { indices, distances }: Neighbours,
): Promise<MetricFigure> {
  const width = shape.reduce((product, extent) => product * extent, 1);
  const order = [...distances.keys()]
    .sort((a, b) => distances[a] - distances[b] || a - b)
    .slice(0, params.pairs);
  const left = takeRows(samples.data, width, order);
  const right = await training.rowsAt(order.map((sample) => indices[sample]));
  const columns = Math.min(COLUMNS, order.length);
  const rows = Math.ceil(order.length / columns);
  const blank = left.reduce((most, value) => Math.max(most, value), -Infinity);
  const images = new Float32Array(2 * rows * columns * width).fill(blank);
  for (let pair = 0; pair < order.length; pair++) {
    const cell = 2 * Math.floor(pair / columns) * columns + pair % columns;
    images.set(left.subarray(pair * width, (pair + 1) * width), cell * width);
    images.set(right.subarray(pair * width, (pair + 1) * width), (cell + columns) * width);
  }
  const [nearest, farthest] = [distances[order[0]], distances[order[order.length - 1]]];
  return {
    file: "nearest-neighbours.png",
    title: "Samples and their nearest training images",
    caption:
      `Samples in rows 1, 3, 5, ..., below each its nearest training image, nearest pairs first ` +
      `(${order.length} of ${distances.length}; distance ${nearest.toFixed(3)} to ${
        farthest.toFixed(3)
      } model units per pixel).`,
    content: await imageGrid({ images, shape, ...show, columns }),
  };
}

async function distanceFigure(samples: Neighbours, heldOut: Neighbours): Promise<MetricFigure> {
  const { histogram } = await import("../figures/chart.ts");
  return {
    file: "nearest-distances.svg",
    title: "Distance to the nearest training image",
    caption:
      "Of samples and of held-out real images. Samples to the left of the real images are nearer to " +
      "the training set than new images are.",
    content: await histogram({
      x: {
        title: "distance to the nearest training image (root mean square per pixel, model units)",
      },
      sets: [
        { name: "samples", values: samples.distances },
        { name: "held-out real images", values: heldOut.distances },
      ],
      bins: 24,
    }),
  };
}

/**
 * Share of ascending values that are larger than `value`, equal ones counted half. Averaged over a set it is the
 * probability of superiority (Mann and Whitney, 1947), so a set against itself gives 0.5, whatever repeats in it:
 * where half of the real images have an exact copy among the others, a median would be 0 and nothing below it.
 */
function shareAbove(sorted: Float64Array, value: number): number {
  const below = countWhile(sorted, (other) => other < value);
  const upTo = countWhile(sorted, (other) => other <= value);
  return 1 - (below + upTo) / (2 * sorted.length);
}

/** How many of the first values hold, for a condition that holds up to some value and not after it. */
function countWhile(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
