/** Ancestral sampling. */
import { z } from "zod";
import { clipOf, clipParams, type Sampler } from "./sampler.ts";
import { spacedTimesteps, spacingParams } from "./spacing.ts";

const params = z.strictObject({
  ...spacingParams,
  variance_type: z.enum(["fixed_small", "fixed_large"]).default("fixed_small")
    .describe("variance of the added noise: of the true posterior, or beta"),
  ...clipParams,
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
  table({ timesteps, alphasCumprod }, params) {
    const visited = spacedTimesteps(timesteps, params);
    const rows = visited.map((t, i) => {
      const last = i === visited.length - 1;
      const here = alphasCumprod[t], next = last ? 1 : alphasCumprod[visited[i + 1]];
      const alpha = here / next, beta = 1 - alpha;
      const variance = params.variance_type === "fixed_large"
        ? beta
        : posteriorVariance(here, next);
      return {
        timestep: t,
        alphaCumprod: here,
        x: Math.sqrt(alpha) * (1 - next) / (1 - here),
        x0: Math.sqrt(next) * beta / (1 - here),
        epsilon: 0,
        noise: last ? 0 : Math.sqrt(variance),
      };
    });
    return { rows, nfe: rows.length, clip: clipOf(params), epsilonFromClipped: false };
  },
};

/** Variance of q(x_s | x_t, x_0) for alphas_cumprod `here` at t and `next` at s < t; Ho et al. (2020), equation 7. */
export function posteriorVariance(here: number, next: number): number {
  return (1 - next) / (1 - here) * (1 - here / next);
}
