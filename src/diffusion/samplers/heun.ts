/** Heun's method along the probability flow: two evaluations a step. */
import { z } from "zod";
import type { Sampler } from "./sampler.ts";
import { heunRows, sigmaFamilyParams, sigmaTable } from "./sigma_family.ts";

const params = z.strictObject(sigmaFamilyParams);

/** Algorithm 1 of Karras et al. (2022), arXiv:2206.00364; n steps are 2 n - 1 evaluations, the last one Euler's. */
export const heun: Sampler<z.infer<typeof params>> = {
  kind: "heun",
  summary: "Heun steps of Karras et al. (2022), two evaluations each; 50 steps",
  fractional: true,
  usualSteps: 50,
  params,
  table(path, params) {
    const begins = path.points.map((point) => ({ point, noise: 0 }));
    return sigmaTable(heunRows(path, begins), 2, path, params);
  },
};
