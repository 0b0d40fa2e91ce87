/** Computes `neighbour-count`: finds the grains of every image and counts who touches whom. */
import type { ImageRows, MetricInput, MetricResult } from "../metric.ts";
import { grainContacts, grainsOf } from "../numeric/grains.ts";
import { extentOf, phaseOf, type PhaseParams, phaseText } from "../phase.ts";
import { compareCurves, meanOfShares, shares, wasserstein } from "./curves.ts";

export interface Params extends PhaseParams {
  readonly smallest: number;
  readonly contact: number;
  readonly at_sides: boolean;
}

/** Neighbours that are told apart; a grain with more is counted as one with so many. */
const MOST_NEIGHBOURS = 64;

export async function compute(input: MetricInput<Params>): Promise<MetricResult> {
  const { params } = input;
  const extent = extentOf(input, params);
  const phase = phaseOf(input);
  const tally = (images: ImageRows, index: number) => {
    const grains = grainsOf(phase(images, index), extent, params.smallest);
    const { neighbours, atSide } = grainContacts(grains, extent, params.contact);
    const counts = new Float64Array(MOST_NEIGHBOURS + 1);
    neighbours.forEach((number, grain) => {
      if (params.at_sides || !atSide[grain]) counts[Math.min(number, MOST_NEIGHBOURS)]++;
    });
    return counts;
  };
  return await compareCurves(input, {
    kind: "neighbour-count",
    title: "Neighbours of grains",
    caption: `Share of grains by the number of grains beside them. Grains are connected pieces of ${
      phaseText(params)
    }${params.at_sides ? "" : ", but for those at the image's sides"}.`,
    x: { title: "neighbours of a grain" },
    y: { title: "share of grains" },
    tally,
    curve: shares,
    distance: {
      meaning: "1-Wasserstein distance of the numbers of neighbours; lower is closer",
      of: wasserstein,
    },
    scalars: {
      neighbours: { meaning: "neighbours of a grain, mean over all grains", of: meanOfShares },
    },
  });
}
