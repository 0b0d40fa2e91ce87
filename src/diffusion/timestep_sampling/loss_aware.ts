/** Timesteps that are drawn more often the larger their losses have been. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import type { TimestepSampling } from "./timestep_sampling.ts";

const params = z.strictObject({
  bins: z.number().int().min(2).default(32)
    .describe("groups of neighbouring timesteps that share their losses; at most the timesteps"),
  uniform_share: z.number().gt(0).max(1).default(0.1)
    .describe("share of draws that are uniform; no error counts more than its reciprocal"),
  memory: z.number().int().positive().default(100)
    .describe("steps over which the losses of a group are averaged"),
});

/**
 * Nichol and Dhariwal (2021), arXiv:2102.09672, section 3.3: p_t is proportional to sqrt(E[L_t^2]), and an error
 * counts 1 / (T p_t), so that the expected loss stays the uniform one with less variance. They remember the last 10
 * losses of each of T timesteps and begin when all have them; here groups of timesteps share an average, because a
 * short training does not see each of 1000 timesteps often, and begin when each was seen in 10 steps.
 */
export const lossAware: TimestepSampling<z.infer<typeof params>> = {
  kind: "loss-aware",
  summary: "more often where losses are larger, each counting less: the same mean, less noise",
  params,
  masses: ({ length }) => new Float64Array(length).fill(1 / length),
  bins(timesteps, { bins, uniform_share: uniformShare, memory }) {
    if (bins > timesteps) {
      throw new ParamError(["bins"], `must be at most the ${timesteps} timesteps`, bins);
    }
    const edges = Array.from({ length: bins + 1 }, (_, b) => Math.floor(b * timesteps / bins));
    return { edges, uniformShare, memory, warmUp: 10 };
  },
};
