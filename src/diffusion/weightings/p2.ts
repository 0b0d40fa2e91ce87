/** Perception-prioritised (P2) weighting. */
import { z } from "zod";
import { snrOf, throughImage, type Weighting } from "./weighting.ts";

const params = z.strictObject({
  gamma: z.number().nonnegative().default(1).describe("how much a high SNR is held back; 0 is snr"),
  k: z.number().positive().default(1).describe("SNR at which that begins"),
});

/**
 * Choi et al. (2022), arXiv:2204.00227: the error of epsilon counts 1 / (k + SNR)^gamma, that of x0
 * SNR times as much.
 */
export const p2: Weighting<z.infer<typeof params>> = {
  kind: "p2",
  summary: "the error of epsilon counts 1 / (k + SNR)^gamma",
  params,
  weight(mixture, prediction, { gamma, k }) {
    const snr = snrOf(mixture);
    return throughImage(snr / (k + snr) ** gamma, mixture, prediction);
  },
};
