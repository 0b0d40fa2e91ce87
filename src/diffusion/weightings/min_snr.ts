/** Min-SNR weighting. */
import { z } from "zod";
import { snrOf, throughImage, type Weighting } from "./weighting.ts";

const params = z.strictObject({
  gamma: z.number().positive().default(5).describe("SNR above which weights grow no more"),
});

/**
 * Hang et al. (2023), arXiv:2303.09556: the error of x0 counts min(SNR, gamma), so that timesteps with
 * hardly any noise do not outweigh the others. For epsilon that is min(SNR, gamma) / SNR, for v
 * min(SNR, gamma) / (SNR + 1). `snr_gamma` in Diffusers' training scripts.
 */
export const minSnr: Weighting<z.infer<typeof params>> = {
  kind: "min-snr",
  summary: "the error of x0 counts min(SNR, gamma)",
  params,
  weight: (mixture, prediction, { gamma }) =>
    throughImage(Math.min(snrOf(mixture), gamma), mixture, prediction),
};
