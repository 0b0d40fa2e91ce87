/** The linear noise schedule. */
import { z } from "zod";
import { type BetaRange, betaRange, betweenBetas, linspace, type Schedule } from "./schedule.ts";

/** beta in equal steps from beta_start to beta_end; Ho et al. (2020), section 4. */
export const linear: Schedule<BetaRange> = {
  kind: "linear",
  summary: "beta in equal steps",
  params: z.strictObject(betaRange),
  numbers: (params) => betweenBetas(params, linspace),
};
