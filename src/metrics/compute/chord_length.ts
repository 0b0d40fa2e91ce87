/** Computes `chord-length`: the distribution of lengths. */
import type { MetricInput, MetricResult } from "../metric.ts";
import { chordLengths, phaseRuns } from "../numeric/runs.ts";
import { extentOf, phaseOf, type PhaseParams, phaseText } from "../phase.ts";
import { compareCurves, meanOfShares, shares, wasserstein } from "./curves.ts";

export async function compute(input: MetricInput<PhaseParams>): Promise<MetricResult> {
  const extent = extentOf(input, input.params);
  const phase = phaseOf(input);
  return await compareCurves(input, {
    kind: "chord-length",
    title: "Chord lengths",
    caption: `Share of chords by length: uninterrupted runs of the phase (${
      phaseText(input.params)
    }) along rows and columns. Runs that the image's sides cut are left out.`,
    x: { title: "length of the chord (pixels)" },
    y: { title: "share of chords" },
    tally: (images, index) => chordLengths(phaseRuns(phase(images, index), extent)),
    curve: shares,
    distance: {
      meaning: "1-Wasserstein distance of the chord lengths, pixels; lower is closer",
      of: wasserstein,
    },
    scalars: { mean: { meaning: "mean chord length, pixels", of: meanOfShares } },
  });
}
