/** Weighting by the signal-to-noise ratio, where it is above 1. */
import { z } from "zod";
import { snrOf, throughImage, type Weighting } from "./weighting.ts";

/**
 * The error of x0 counts max(SNR, 1): the larger of the errors of epsilon and x0. Salimans and Ho (2022),
 * arXiv:2202.00512, section 4.
 */
export const truncatedSnr: Weighting = {
  kind: "truncated-snr",
  summary: "the error of x0 counts max(SNR, 1): the larger of the errors of epsilon and x0",
  params: z.strictObject({}),
  weight: (mixture, prediction) => throughImage(Math.max(snrOf(mixture), 1), mixture, prediction),
};
