/** No corruption: an autoencoder sees what it is to give back. */
import { z } from "zod";
import type { Corruption } from "./corruption.ts";

export const none: Corruption = {
  kind: "none",
  summary: "images as they are",
  params: z.strictObject({}),
  apply: (x) => x,
};
