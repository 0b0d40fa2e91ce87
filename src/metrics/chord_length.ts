/** How long the phase's chords are, against those of real images: sizes of grains as lines cut them. */
import { z } from "zod";
import { lazily, type Metric } from "./metric.ts";
import { checkPhase, type PhaseParams, phaseParams } from "./phase.ts";

export const chordLength: Metric<PhaseParams> = {
  kind: "chord-length",
  summary: "Lengths of the phase along rows and columns, against those of real images",
  params: z.strictObject(phaseParams),
  measures: ["distance", "mean"],
  headlines: ["distance"],
  check: checkPhase,
  compute: lazily(() => import("./compute/chord_length.ts")),
};
