/** The stochastic sampler of EDM: Heun steps, each after a little new noise. */
import { z } from "zod";
import type { Sampler } from "./sampler.ts";
import {
  beginnings,
  churnParams,
  heunRows,
  sigmaFamilyParams,
  sigmaTable,
} from "./sigma_family.ts";

const params = z.strictObject({
  ...sigmaFamilyParams,
  sigma_spacing: sigmaFamilyParams.sigma_spacing.default("karras"),
  ...churnParams({ churn: 8, least: 0.05, noise: 1.003 }),
  s_tmax: z.number().positive().default(50).describe("largest sigma to which it is added"),
});

/**
 * Algorithm 2 of Karras et al. (2022), arXiv:2206.00364, between their sigmas of equation 5; n steps are 2 n - 1
 * evaluations. The churn is that of their table 5 for ImageNet-64: they have 40 over 256 steps, which is 8 over 50.
 * Too much of it for few steps makes the samples too wide: the variance of a Gaussian by 3 % at 8, by 7 % at 40.
 */
export const edm: Sampler<z.infer<typeof params>> = {
  kind: "edm",
  summary: "the stochastic sampler of Karras et al. (2022), two evaluations a step; 50 steps",
  fractional: true,
  usualSteps: 50,
  params,
  table(path, params) {
    const begins = beginnings(path, params);
    return sigmaTable(heunRows(path, begins), 2, path, params, begins[0].noise);
  },
};
