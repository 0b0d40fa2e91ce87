/** DPM-Solver++ for the reverse diffusion: multistep, with noise, one evaluation a step. */
import { z } from "zod";
import { dpmppParams, dpmppTable } from "./dpmpp_multistep.ts";
import type { Sampler } from "./sampler.ts";

const params = z.strictObject({
  ...dpmppParams(2),
  eta: z.number().min(0).max(1).default(1)
    .describe("share of the noise that is made anew in a step; 0 is dpmpp-2m"),
});

/**
 * SDE-DPM-Solver++ of Lu et al. (2022), arXiv:2211.01095, with the `eta` of k-diffusion's sample_dpmpp_2m_sde;
 * Diffusers' sde-dpmsolver++ is eta 1.
 */
export const dpmpp2mSde: Sampler<z.infer<typeof params>> = {
  kind: "dpmpp-2m-sde",
  summary: "SDE-DPM-Solver++ of Lu et al. (2022), multistep with noise; 20 steps",
  usualSteps: 20,
  omitsLast: true,
  params,
  table: (path, params) => dpmppTable(path, params, params.eta),
};
