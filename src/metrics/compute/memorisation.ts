/** Computes `memorisation`: searches by shape and by palette, and draws what was found. */
import type { Measure, MetricFigure, MetricInput, MetricResult } from "../metric.ts";
import { type AppearanceNeighbours, searchAppearances } from "../numeric/appearance_search.ts";
import { bootstrapInterval, resampleCounts, weightedMean } from "../numeric/bootstrap.ts";
import { quantile, shareAbove } from "../numeric/calibration.ts";
import { nearestFirst, neighbourSheet } from "./neighbour_sheet.ts";
import { imported } from "../../base/imported.ts";

export interface Params {
  readonly edge: number;
  readonly shown: number;
}

/** The share of held-out images that defines what is known. */
const KNOWN = 0.05;

export async function compute(input: MetricInput<Params>): Promise<MetricResult> {
  const { samples, heldOut, params } = input;
  const sets = [{ images: samples }, { images: heldOut, exclude: heldOut.trainingIndex }];
  const [own, real] = await searchAppearances(input, sets, params.edge);
  return {
    measures: measuresOf(input, own, real),
    figures: [
      await sheetFigure(input, own),
      await distanceFigure("shape", own.byShape.distances, real.byShape.distances),
      await distanceFigure("palette", own.byPalette.distances, real.byPalette.distances),
    ],
  };
}

type Values = (found: AppearanceNeighbours) => Float64Array;

function measuresOf(
  { random }: MetricInput<Params>,
  own: AppearanceNeighbours,
  real: AppearanceNeighbours,
): Record<string, Measure> {
  const mean = (values: Float64Array) => {
    const value = weightedMean(values, new Uint8Array(values.length).fill(1));
    const resampled = resampleCounts(random("memorisation bootstrap"), values.length)
      .map((weights) => weightedMean(values, weights));
    return { value, interval: bootstrapInterval(value, resampled, 0, 1) };
  };
  const both = (meaning: string, of: Values): Measure => {
    const [a, b] = [mean(of(own)), mean(of(real))];
    return { meaning, ...a, reference: b.value, referenceInterval: b.interval };
  };
  const closer = (of: Values): Values => {
    const sorted = of(real).slice().sort();
    return (found) => of(found).map((distance) => shareAbove(sorted, distance));
  };
  const known = (of: Values) => {
    const limit = quantile(of(real).slice().sort(), KNOWN);
    return (found: AppearanceNeighbours, i: number) => of(found)[i] <= limit;
  };
  const [byShape, byPalette]: Values[] = [(f) => f.byShape.distances, (f) => f.byPalette.distances];
  const [knownShape, sameColours] = [known(byShape), known((f) => f.paletteOfShape)];
  const share = (holds: (found: AppearanceNeighbours, i: number) => boolean): Values => (found) =>
    byShape(found).map((_, i) => Number(holds(found, i)));
  return {
    shape_distance: both(
      "mean distance to the nearest training image by shape: share of edges that only one of the two has",
      byShape,
    ),
    shape_closer_than_real: both(
      "chance to be closer to a training image by shape than a held-out image is, ties counted half; near " +
        "1, shapes are recalled",
      closer(byShape),
    ),
    palette_distance: both(
      "mean distance to the nearest training image by palette, share of the range",
      byPalette,
    ),
    palette_closer_than_real: both(
      "chance to be closer to a training image by palette than a held-out image is, ties counted half; " +
        "near 1, palettes are recalled",
      closer(byPalette),
    ),
    recoloured: both(
      "share with a known shape (as near as the nearest 5% of held-out images) in other colours than that " +
        "image's",
      share((found, i) => knownShape(found, i) && !sameColours(found, i)),
    ),
    copied: both(
      "share with a known shape in that same image's colours; far above the reference is memorisation",
      share((found, i) => knownShape(found, i) && sameColours(found, i)),
    ),
  };
}

async function sheetFigure(
  input: MetricInput<Params>,
  { byShape, byPalette }: AppearanceNeighbours,
): Promise<MetricFigure> {
  const order = nearestFirst(byShape.distances, input.params.shown);
  return {
    file: "memorisation.png",
    title: "Samples and their nearest training images by shape and by palette",
    caption:
      `In every three rows: samples, below each its nearest training image by shape, and below that the ` +
      `nearest by palette; nearest by shape first (${order.length} of ${byShape.distances.length}).`,
    content: await neighbourSheet(input, input.samples, order, [
      byShape.indices,
      byPalette.indices,
    ]),
  };
}

async function distanceFigure(
  by: "shape" | "palette",
  samples: Float64Array,
  heldOut: Float64Array,
): Promise<MetricFigure> {
  const { histogram } = await imported(() => import("../../figures/chart.ts"));
  const unit = { shape: "share of edges that differ", palette: "share of the range" }[by];
  return {
    file: `memorisation-${by}.svg`,
    title: `Distance to the nearest training image by ${by}`,
    caption: "Of samples and of held-out real images. Samples to the left of the real images are " +
      `nearer to the training set by ${by} than new images are.`,
    content: await histogram({
      x: { title: `distance to the nearest training image by ${by} (${unit})` },
      sets: [
        { name: "samples", values: samples },
        { name: "held-out real images", values: heldOut },
      ],
      bins: 24,
    }),
  };
}
