/** Timesteps whose share of the way is logit-normally distributed. */
import { z } from "zod";
import { normalMasses } from "./normal_distribution.ts";
import type { TimestepSampling } from "./timestep_sampling.ts";

const params = z.strictObject({
  mean: z.number().default(0).describe("mean of logit(t / T); above 0 more noise is seen"),
  deviation: z.number().positive().default(1).describe("standard deviation of logit(t / T)"),
});

/**
 * Esser et al. (2024), arXiv:2403.03206, section 3.1: ln(s / (1 - s)) ~ N(mean, deviation^2) for the share
 * s = t / T of the way, so that the middle is seen most. Timestep t gets what lies between t / T and (t + 1) / T.
 * `logit_mean` and `logit_std` in Diffusers' training scripts.
 */
export const logitNormal: TimestepSampling<z.infer<typeof params>> = {
  kind: "logit-normal",
  summary: "logit(t / T) is normally distributed: the middle is seen most",
  params,
  masses({ length }, { mean, deviation }) {
    const edges = Array.from({ length: length + 1 }, (_, t) => Math.log(t / (length - t)));
    return normalMasses(edges, { mean, deviation });
  },
};
