/** DPM-Solver++ in its multistep form: deterministic, one evaluation a step. */
import { z } from "zod";
import { dpmppParams, dpmppTable } from "./dpmpp_multistep.ts";
import type { Sampler } from "./sampler.ts";

const params = z.strictObject(dpmppParams(3));

/** Lu et al. (2022), arXiv:2211.01095, algorithm 2; DPM-Solver++(2M) where the order is 2. */
export const dpmpp2m: Sampler<z.infer<typeof params>> = {
  kind: "dpmpp-2m",
  summary: "DPM-Solver++ of Lu et al. (2022), multistep of order 1 to 3; 20 steps",
  usualSteps: 20,
  omitsLast: true,
  params,
  table: (path, params) => dpmppTable(path, params, 0),
};
