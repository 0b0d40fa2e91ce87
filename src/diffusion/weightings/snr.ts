/** Weighting by the signal-to-noise ratio. */
import { z } from "zod";
import { snrOf, throughImage, type Weighting } from "./weighting.ts";

/**
 * The error of x0 counts SNR: the loss of a model that predicts epsilon, whatever this one predicts. Salimans and Ho
 * (2022), arXiv:2202.00512, section 4.
 */
export const snr: Weighting = {
  kind: "snr",
  summary: "the error of x0 counts SNR, which is the error of epsilon",
  params: z.strictObject({}),
  weight: (mixture, prediction) => throughImage(snrOf(mixture), mixture, prediction),
};
