/** Euler steps to less noise than the next point has, and the rest of it as new noise. */
import { z } from "zod";
import type { Sampler } from "./sampler.ts";
import { sigmaFamilyParams, sigmaRow, sigmasOf, sigmaTable } from "./sigma_family.ts";

const params = z.strictObject({
  ...sigmaFamilyParams,
  eta: z.number().min(0).max(1).default(1)
    .describe("share of the ancestral noise that is added; 0 is deterministic"),
});

/**
 * k-diffusion's ancestral step (Crowson, 2022): the posterior of Ho et al. (2020), equation 7, written for
 * x = x0 + sigma epsilon. From sigma to s, with u the deviation of the new noise:
 *
 *     u = eta s sqrt(sigma^2 - s^2) / sigma;     x_s = x + (sqrt(s^2 - u^2) - sigma) epsilon + u z
 */
export const eulerAncestral: Sampler<z.infer<typeof params>> = {
  kind: "euler-ancestral",
  summary: "ancestral sampling by Euler steps, as in k-diffusion; 50 steps",
  fractional: true,
  usualSteps: 50,
  params,
  table(path, params) {
    const sigmas = sigmasOf(path);
    const rows = path.points.map((point, i) => {
      const [sigma, next] = [sigmas[i], sigmas[i + 1]];
      const noise = params.eta * next * Math.sqrt(sigma ** 2 - next ** 2) / sigma;
      const below = Math.sqrt(Math.max(0, next ** 2 - noise ** 2));
      return sigmaRow(point, [{ registers: [1], epsilon: below - sigma, noise }]);
    });
    return sigmaTable(rows, 1, path, params);
  },
};
