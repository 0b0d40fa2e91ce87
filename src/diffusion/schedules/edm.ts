/** The noise levels of EDM as a discrete process. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import { linspace, ofAlphasCumprod, type Schedule, scheduleParams } from "./schedule.ts";

// The bounds keep alphas_cumprod well inside (0, 1) in float64.
const params = z.strictObject({
  ...scheduleParams,
  sigma_min: z.number().min(1e-4).default(0.002).describe("sigma at the first timestep"),
  sigma_max: z.number().max(1e4).default(80).describe("sigma at the last timestep"),
  rho: z.number().positive().default(7)
    .describe("the larger, the more timesteps lie where there is little noise"),
});

/**
 * Karras et al. (2022), arXiv:2206.00364, equation 5: sigma ** (1 / rho) in equal steps. There x = x0 + sigma epsilon;
 * as a share of the variance, for images of variance 1, alphas_cumprod = 1 / (1 + sigma^2).
 */
export const edm: Schedule<z.infer<typeof params>> = {
  kind: "edm",
  summary: "the sigmas of Karras et al. (2022) in place of betas",
  params,
  numbers({ timesteps, sigma_min: least, sigma_max: largest, rho }) {
    if (largest <= least) {
      throw new ParamError(["sigma_max"], `must be > sigma_min (${least})`, largest);
    }
    // From the largest on, which is what a process of one timestep takes.
    const roots = linspace(largest ** (1 / rho), least ** (1 / rho), timesteps).reverse();
    return ofAlphasCumprod(roots.map((root) => 1 / (1 + root ** (2 * rho))));
  },
};
