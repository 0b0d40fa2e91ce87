/** Ancestral sampling. */
import { z } from "zod";
import { clipOf, clipParams } from "./clipping.ts";
import type { Sampler } from "./sampler.ts";
import { spacingParams } from "./spacing.ts";

const params = z.strictObject({
  ...spacingParams(),
  variance_type: z.enum(["fixed_small", "fixed_large"]).default("fixed_small")
    .describe("variance of the added noise: of the true posterior, or beta"),
  ...clipParams(true),
});

/**
 * Algorithm 2 of Ho et al. (2020) with the posterior of equations 6 and 7. Between visited timesteps s < t the
 * step's own alpha is alphas_cumprod_t / alphas_cumprod_s, so any spacing is exact:
 *
 *     x_s = sqrt(acp_s) beta / (1 - acp_t) x0 + sqrt(alpha) (1 - acp_s) / (1 - acp_t) x_t + sigma z
 */
export const ddpm: Sampler<z.infer<typeof params>> = {
  kind: "ddpm",
  summary: "ancestral sampling of Ho et al. (2020)",
  params,
  table({ points }, params) {
    const rows = points.map((point, i) => {
      const last = i === points.length - 1;
      const here = point.alphaCumprod, next = last ? 1 : points[i + 1].alphaCumprod;
      const alpha = here / next, beta = 1 - alpha;
      const variance = params.variance_type === "fixed_large"
        ? beta
        : posteriorVariance(here, next);
      const x = Math.sqrt(alpha) * (1 - next) / (1 - here);
      const x0 = Math.sqrt(next) * beta / (1 - here);
      const noise = last ? 0 : Math.sqrt(variance);
      return { ...point, scale: 1, next: [{ registers: [x], x0, noise }] };
    });
    return { rows, registers: 1, start: 1, clip: clipOf(params), epsilonFromClipped: false };
  },
};

/** Variance of q(x_s | x_t, x_0) for alphas_cumprod `here` at t and `next` at s < t; Ho et al. (2020), equation 7. */
export function posteriorVariance(here: number, next: number): number {
  return (1 - next) / (1 - here) * (1 - here / next);
}
