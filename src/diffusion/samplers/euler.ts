/** Euler's method along the probability flow, with churn where it is asked for. */
import { z } from "zod";
import { sigmaOf } from "./path.ts";
import type { Sampler } from "./sampler.ts";
import {
  beginnings,
  churnParams,
  sigmaFamilyParams,
  sigmaRow,
  sigmasOf,
  sigmaTable,
} from "./sigma_family.ts";

const params = z.strictObject({
  ...sigmaFamilyParams,
  final_sigmas_type: z.enum(["zero", "sigma_min"]).default("zero")
    .describe("where the last step ends: without noise, or with that of timestep 0"),
  ...churnParams(),
});

/**
 * Algorithm 2 of Karras et al. (2022), arXiv:2206.00364, without its second order, from sigma to s:
 *
 *     x_s = x + (s - sigma) epsilon
 *
 * Churned noise is in x when the model is asked, as in the paper and in k-diffusion; Diffusers adds it afterwards.
 */
export const euler: Sampler<z.infer<typeof params>> = {
  kind: "euler",
  summary: "Euler steps of Karras et al. (2022), deterministic without churn; 50 steps",
  fractional: true,
  usualSteps: 50,
  params,
  table(path, params) {
    const least = sigmaOf({ alphaCumprod: path.process.alphasCumprod[0] });
    const sigmas = sigmasOf(path, params.final_sigmas_type === "zero" ? 0 : least);
    const begins = beginnings(path, params);
    const rows = begins.map(({ point }, i) =>
      sigmaRow(point, [{
        registers: [1],
        epsilon: sigmas[i + 1] - sigmaOf(point),
        noise: begins[i + 1]?.noise ?? 0,
      }])
    );
    return sigmaTable(rows, 1, path, params, begins[0].noise);
  },
};
