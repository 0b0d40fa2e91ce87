/** Multistep sampling of latent consistency models. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import { clipOf, clipParams } from "./clipping.ts";
import type { Sampler } from "./sampler.ts";
import { spacingParams } from "./spacing.ts";

// The spacing is the paper's own; lists of timesteps and of sigmas are the same as elsewhere.
const { timestep_spacing: _, steps_offset: __, ...spacing } = spacingParams();

const params = z.strictObject({
  ...spacing,
  original_inference_steps: z.number().int().positive().default(50)
    .describe("evenly spaced timesteps that the model was distilled on; steps are chosen of them"),
  timestep_scaling: z.number().positive().default(10)
    .describe("the larger, the less of x is left in the image at small timesteps"),
  ...clipParams(false),
});

/** The deviation of the data that the boundary condition assumes. */
const SIGMA_DATA = 0.5;

/**
 * Luo et al. (2023), arXiv:2310.04378, algorithm 3: the model's image is noised anew for the next timestep,
 *
 *     image = c_skip(t) x + c_out(t) x0,     x_s = sqrt(acp_s) image + sqrt(1 - acp_s) z
 *
 * with c_skip and c_out of section 4.1, which make the image x itself at timestep 0. It assumes a model that was
 * distilled to give the end of the probability flow. Other models give the mean of all possible images, and the samples
 * vary less than the data.
 */
export const lcm: Sampler<z.infer<typeof params>> = {
  kind: "lcm",
  summary: "sampling of distilled consistency models, Luo et al. (2023); 4 steps",
  usualSteps: 4,
  params,
  visits(total, steps, { original_inference_steps: original }) {
    if (original > total) {
      const reason = `must be at most the ${total} timesteps of the process`;
      throw new ParamError(["original_inference_steps"], reason, original);
    }
    if (steps > original) {
      throw new ParamError(
        ["steps"],
        `must be at most original_inference_steps (${original})`,
        steps,
      );
    }
    const apart = Math.floor(total / original);
    return Array.from(
      { length: steps },
      (_, i) => (original - Math.floor(i * original / steps)) * apart - 1,
    );
  },
  table({ points }, params) {
    const rows = points.map((point, i) => {
      const scaled = point.timestep * params.timestep_scaling;
      const spread = Math.hypot(scaled, SIGMA_DATA);
      const skip = (SIGMA_DATA / spread) ** 2, out = scaled / spread;
      const next = points[i + 1]?.alphaCumprod ?? 1, signal = Math.sqrt(next);
      const after = {
        registers: [signal * skip],
        x0: signal * out,
        noise: Math.sqrt(1 - next),
      };
      return { ...point, scale: 1, next: [after] };
    });
    return { rows, registers: 1, start: 1, clip: clipOf(params), epsilonFromClipped: false };
  },
};
