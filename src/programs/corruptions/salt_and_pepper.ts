/** Salt and pepper: some values are white, as many black. */
import { z } from "zod";
import { cast, greater, max, mul } from "../../../kernels/ops/mod.ts";
import type { Corruption } from "./corruption.ts";

const params = z.strictObject({
  amount: z.number().min(0).max(1).default(0.1)
    .describe("share of the values that become 0 or 1, half of them each"),
});

/** With u uniform: 0 where u <= amount / 2, 1 where u > 1 - amount / 2, x between; x in [0, 1]. */
export const saltAndPepper: Corruption<z.infer<typeof params>> = {
  kind: "salt-and-pepper",
  summary: "a share of the values is 0 or 1",
  params,
  apply(x, random, { amount }) {
    const u = random.uniform();
    const above = (bound: number) => cast(greater(u, bound), "float32");
    return max(mul(x, above(amount / 2)), above(1 - amount / 2));
  },
};
