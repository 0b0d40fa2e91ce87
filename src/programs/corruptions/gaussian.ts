/** Gaussian noise on every value. */
import { z } from "zod";
import { add, clip, mul } from "../../../kernels/ops/mod.ts";
import type { Corruption } from "./corruption.ts";

const params = z.strictObject({
  sigma: z.number().positive().max(10).default(0.2)
    .describe("deviation of the noise, where black is 0 and white 1"),
  clip: z.boolean().default(true).describe("whether the noisy values are clipped to 0 to 1"),
});

/** y = clip(x + sigma e, 0, 1) with e standard normal. */
export const gaussian: Corruption<z.infer<typeof params>> = {
  kind: "gaussian",
  summary: "normally distributed noise on every value",
  params,
  apply(x, random, { sigma, clip: clips }) {
    const noisy = add(x, mul(random.normal(), sigma));
    return clips ? clip(noisy, 0, 1) : noisy;
  },
};
