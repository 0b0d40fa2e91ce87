/** A sampler as keys and facts have it. */
import type { JsonObject } from "../../base/canonical.ts";
import type { Choice } from "../../base/table.ts";
import { thresholdingNames } from "../../diffusion/samplers/clipping.ts";

/** The sampler's parameters, those about thresholding only where there is some: they came later and mean nothing else. */
export function samplerRecord(sampler: Choice): JsonObject {
  const late: readonly string[] = sampler.thresholding ? [] : thresholdingNames;
  return Object.fromEntries(
    Object.entries(sampler).filter(([name]) => !late.includes(name)),
  ) as JsonObject;
}
