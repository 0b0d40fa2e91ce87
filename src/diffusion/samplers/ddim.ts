/** Denoising diffusion implicit models. */
import { z } from "zod";
import { posteriorVariance } from "./ddpm.ts";
import { clipOf, clipParams, type Sampler } from "./sampler.ts";
import { spacedTimesteps, spacingParams } from "./spacing.ts";

const params = z.strictObject({
  ...spacingParams,
  steps: z.number().int().positive().default(50).describe("number of steps"),
  eta: z.number().min(0).max(1).default(0)
    .describe("share of the ancestral noise that is added; 0 is deterministic"),
  set_alpha_to_one: z.boolean().default(true)
    .describe("the last step ends without noise; otherwise at the noise of timestep 0"),
  use_clipped_model_output: z.boolean().default(false)
    .describe("compute epsilon anew from the clipped image"),
  ...clipParams,
});

/**
 * Song, Meng and Ermon (2021), arXiv:2010.02502, equation 12, with sigma of equation 16:
 *
 *     x_s = sqrt(acp_s) x0 + sqrt(1 - acp_s - sigma^2) epsilon + sigma z
 */
export const ddim: Sampler<z.infer<typeof params>> = {
  kind: "ddim",
  summary: "implicit sampling of Song, Meng and Ermon (2021), deterministic at eta 0",
  params,
  table({ timesteps, alphasCumprod }, params) {
    const visited = spacedTimesteps(timesteps, params);
    const final = params.set_alpha_to_one ? 1 : alphasCumprod[0];
    const rows = visited.map((t, i) => {
      const here = alphasCumprod[t];
      const next = i === visited.length - 1 ? final : alphasCumprod[visited[i + 1]];
      const sigma = params.eta * Math.sqrt(posteriorVariance(here, next));
      return {
        timestep: t,
        alphaCumprod: here,
        x: 0,
        x0: Math.sqrt(next),
        epsilon: Math.sqrt(Math.max(0, 1 - next - sigma * sigma)),
        noise: sigma,
      };
    });
    return {
      rows,
      nfe: rows.length,
      clip: clipOf(params),
      epsilonFromClipped: params.use_clipped_model_output,
    };
  },
};
