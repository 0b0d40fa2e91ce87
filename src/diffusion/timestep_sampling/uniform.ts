/** Timesteps that are all drawn as often. */
import { z } from "zod";
import type { TimestepSampling } from "./timestep_sampling.ts";

/** Ho et al. (2020), arXiv:2006.11239, algorithm 1. */
export const uniform: TimestepSampling = {
  kind: "uniform",
  summary: "every timestep as often",
  params: z.strictObject({}),
  masses: ({ length }) => new Float64Array(length).fill(1 / length),
};
