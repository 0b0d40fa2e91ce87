/** Timesteps whose sigma is log-normally distributed. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import { normalMasses } from "./normal_distribution.ts";
import type { TimestepSampling } from "./timestep_sampling.ts";

const params = z.strictObject({
  mean: z.number().default(-1.2).describe("mean of ln sigma, P_mean in EDM"),
  deviation: z.number().positive().default(1.2)
    .describe("standard deviation of ln sigma, P_std in EDM"),
});

/**
 * Karras et al. (2022), arXiv:2206.00364, table 1: ln sigma ~ N(mean, deviation^2), of which the part between the
 * first and the last sigma of the process is taken. A timestep gets what lies nearer to its own ln sigma than to any
 * other; one without any signal, whose sigma is infinite, is never drawn.
 */
export const logNormal: TimestepSampling<z.infer<typeof params>> = {
  kind: "log-normal",
  summary: "ln sigma is normally distributed, as in EDM",
  params,
  masses(alphasCumprod, { mean, deviation }) {
    const logs = Array.from(alphasCumprod, (alpha) => Math.log((1 - alpha) / alpha) / 2);
    const middles = logs.slice(1).map((log, i) => (log + logs[i]) / 2);
    const [first, last] = [logs[0], logs[logs.length - 1]];
    const masses = normalMasses([first, ...middles, last], { mean, deviation });
    if (masses.some((mass) => mass > 0)) return masses;
    const range = `from ${first.toFixed(2)} to ${last.toFixed(2)}`;
    throw new ParamError(["mean"], `draws no timestep: ln sigma goes ${range}`, mean);
  },
};
