/** Computes `nearest-neighbour`: searches the training images, and draws the nearest pairs and their distances. */
import type { ImageRows, Measure, MetricFigure, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts, weightedMean } from "../numeric/bootstrap.ts";
import { shareAbove } from "../numeric/calibration.ts";
import { type Neighbours, searchNeighbours } from "../numeric/search.ts";
import { nearestFirst, neighbourSheet } from "./neighbour_sheet.ts";
import { imported } from "../../base/imported.ts";

export interface Params {
  readonly pairs: number;
}

export async function compute(input: MetricInput<Params>): Promise<MetricResult> {
  const samples = await searchNeighbours(input, input.samples);
  const heldOut = await searchNeighbours(input, input.heldOut, input.heldOut.trainingIndex);
  return {
    measures: measuresOf(input, samples, heldOut),
    figures: [
      await pairsFigure(input, input.samples, samples),
      await distanceFigure(samples, heldOut),
    ],
  };
}

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

async function pairsFigure(
  input: MetricInput<Params>,
  samples: ImageRows,
  { indices, distances }: Neighbours,
): Promise<MetricFigure> {
  const order = nearestFirst(distances, input.params.pairs);
  const [nearest, farthest] = [distances[order[0]], distances[order[order.length - 1]]];
  return {
    file: "nearest-neighbours.png",
    title: "Samples and their nearest training images",
    caption:
      `Samples in rows 1, 3, 5, ..., below each its nearest training image, nearest pairs first ` +
      `(${order.length} of ${distances.length}; distance ${nearest.toFixed(3)} to ${
        farthest.toFixed(3)
      } model units per pixel).`,
    content: await neighbourSheet(input, samples, order, [indices]),
  };
}

async function distanceFigure(samples: Neighbours, heldOut: Neighbours): Promise<MetricFigure> {
  const { histogram } = await imported(() => import("../../figures/chart.ts"));
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
