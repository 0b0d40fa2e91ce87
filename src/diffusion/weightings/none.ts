/** No weighting: the model's own error, as it is. */
import { z } from "zod";
import type { Weighting } from "./weighting.ts";

/** Ho et al. (2020), arXiv:2006.11239, equation 14 where the model predicts epsilon. */
export const none: Weighting = {
  kind: "none",
  summary: "every timestep counts the same in what the model predicts",
  params: z.strictObject({}),
  weight: () => 1,
};
