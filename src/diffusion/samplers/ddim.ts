/** Denoising diffusion implicit models. */
import { z } from "zod";
import { clipOf, clipParams } from "./clipping.ts";
import { posteriorVariance } from "./ddpm.ts";
import type { Sampler } from "./sampler.ts";
import { spacingParams } from "./spacing.ts";

const params = z.strictObject({
  ...spacingParams(),
  eta: z.number().min(0).max(1).default(0)
    .describe("share of the ancestral noise that is added; 0 is deterministic"),
  set_alpha_to_one: z.boolean().default(true)
    .describe("the last step ends without noise; otherwise at the noise of timestep 0"),
  use_clipped_model_output: z.boolean().default(false)
    .describe("compute epsilon anew from the clipped image"),
  ...clipParams(true),
});

/**
 * Song, Meng and Ermon (2021), arXiv:2010.02502, equation 12, with sigma of equation 16:
 *
 *     x_s = sqrt(acp_s) x0 + sqrt(1 - acp_s - sigma^2) epsilon + sigma z
 */
export const ddim: Sampler<z.infer<typeof params>> = {
  kind: "ddim",
  summary: "implicit sampling of Song, Meng and Ermon (2021), deterministic at eta 0; 50 steps",
  usualSteps: 50,
  params,
  table({ process, points }, params) {
    const final = params.set_alpha_to_one ? 1 : process.alphasCumprod[0];
    const rows = points.map((point, i) => {
      const here = point.alphaCumprod;
      const next = i === points.length - 1 ? final : points[i + 1].alphaCumprod;
      const sigma = params.eta * Math.sqrt(posteriorVariance(here, next));
      const x0 = Math.sqrt(next), epsilon = Math.sqrt(Math.max(0, 1 - next - sigma * sigma));
      return { ...point, scale: 1, next: [{ x0, epsilon, noise: sigma }] };
    });
    return {
      rows,
      registers: 1,
      start: 1,
      clip: clipOf(params),
      epsilonFromClipped: params.use_clipped_model_output,
    };
  },
};
