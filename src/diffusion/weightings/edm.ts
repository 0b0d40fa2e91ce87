/** The weighting of EDM. */
import { z } from "zod";
import { snrOf, throughImage, type Weighting } from "./weighting.ts";

const params = z.strictObject({
  sigma_data: z.number().positive().default(0.5).describe("standard deviation of the images"),
});

/**
 * Karras et al. (2022), arXiv:2206.00364, table 1: the error of x0 counts (sigma^2 + sd^2) / (sigma sd)^2 with
 * sigma = noise / signal, which is SNR + 1 / sd^2 and so finite without any signal. It goes with `timestep_sampling:
 * { kind: log-normal }`, which decides how often a sigma is seen.
 */
export const edm: Weighting<z.infer<typeof params>> = {
  kind: "edm",
  summary: "the error of x0 counts (sigma^2 + sigma_data^2) / (sigma sigma_data)^2",
  params,
  weight: (mixture, prediction, { sigma_data: sd }) =>
    throughImage(snrOf(mixture) + 1 / (sd * sd), mixture, prediction),
};
