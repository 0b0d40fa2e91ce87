/** Masking noise: some values are missing. */
import { z } from "zod";
import { cast, greater, mul } from "../../../kernels/ops/mod.ts";
import type { Corruption } from "./corruption.ts";

const params = z.strictObject({
  amount: z.number().min(0).max(1).default(0.25).describe("share of the values that become 0"),
});

/** Every value is 0 with probability `amount`; Vincent et al. (2008), section 2.3. */
export const masking: Corruption<z.infer<typeof params>> = {
  kind: "masking",
  summary: "a share of the values is 0",
  params,
  apply: (x, random, { amount }) => mul(x, cast(greater(random.uniform(), amount), "float32")),
};
