/** DPM-Solver++ for the reverse diffusion, single-step: two evaluations a step, with noise in both halves. */
import { z } from "zod";
import { pointOf, sigmaOf } from "./path.ts";
import { alone, type Sampler } from "./sampler.ts";
import { sigmaFamilyParams, sigmaRow, sigmasOf, sigmaTable } from "./sigma_family.ts";

const params = z.strictObject({
  ...sigmaFamilyParams,
  eta: z.number().min(0).max(1).default(1)
    .describe("share of the ancestral noise that is added; 0 is deterministic"),
  s_noise: z.number().positive().default(1).describe("deviation of the noise that is added"),
});

/**
 * k-diffusion's sample_dpmpp_sde with r = 1/2, after Lu et al. (2022), arXiv:2211.01095: the model is asked at sigma
 * and at the middle s of log sigma, and what it says there leads over the whole step. The last step, to the image, is
 * Euler's. The noise comes of one Brownian motion over sigma, as theirs does: a half's increment has a share of the
 * whole's variance in proportion to its length. Register 1 keeps what of the whole step is known in its middle.
 */
export const dpmppSde: Sampler<z.infer<typeof params>> = {
  kind: "dpmpp-sde",
  summary: "DPM-Solver++ with noise as in k-diffusion, two evaluations a step; 20 steps",
  fractional: true,
  usualSteps: 20,
  params,
  table(path, params) {
    const { process, points } = path, sigmas = sigmasOf(path);
    const rows = points.flatMap((point, i) => {
      if (i === points.length - 1) return [sigmaRow(point, [{ x0: 1 }])];
      const [from, to] = [sigmas[i], sigmas[i + 1]];
      const middle = pointOf(process, { fractional: true }, Math.sqrt(from * to));
      const between = sigmaOf(middle);
      const half = ancestral(from, between, params), whole = ancestral(from, to, params);
      const share = (from - between) / (from - to);
      return [
        sigmaRow(point, [
          { registers: [half.x], x0: half.x0, noise: half.noise },
          { registers: [whole.x], noise: whole.noise * Math.sqrt(share) },
        ]),
        sigmaRow(middle, [
          { ...alone(1), x0: whole.x0, noise: whole.noise * Math.sqrt(1 - share) },
        ]),
      ];
    });
    return sigmaTable(rows, 2, path, params);
  },
};

/** The step to `to` where x0 stays the same: a deterministic one to less noise, and the rest as new noise. */
function ancestral(
  from: number,
  to: number,
  { eta, s_noise: deviation }: { readonly eta: number; readonly s_noise: number },
) {
  const added = Math.min(to, eta * to * Math.sqrt(1 - (to / from) ** 2));
  const x = Math.sqrt(to * to - added * added) / from;
  return { x, x0: 1 - x, noise: deviation * added };
}
