/** The table of samplers, made of the barrel. */
import { ParamError } from "../../base/errors.ts";
import { type Choice, chosen, tableOf } from "../../base/table.ts";
import type { NoiseProcess } from "../process.ts";
import * as barrel from "./mod.ts";
import { type Path, pathOf } from "./path.ts";
import type { Sampler, SamplerTable } from "./sampler.ts";
import type { Spacing } from "./spacing.ts";

export const samplers = tableOf<Sampler>(barrel);

/**
 * The coefficients of a chosen sampler for a process. With a `strength` below 1 the way begins later, at that share of
 * the steps from its end, as Diffusers' image-to-image does. Throws `ParamError` relative to the sampler.
 */
export function samplerTable(process: NoiseProcess, sampler: Choice, strength = 1): SamplerTable {
  return chosen(samplers, sampler).table(samplerPath(process, sampler, strength), sampler);
}

/** The points that a chosen sampler visits. Throws `ParamError` relative to the sampler. */
export function samplerPath(process: NoiseProcess, sampler: Choice, strength = 1): Path {
  const path = pathOf(process, chosen(samplers, sampler), sampler as unknown as Spacing);
  const skipped = path.points.length - Math.floor(path.points.length * strength);
  if (skipped === path.points.length) {
    const reason = `leaves none of the ${skipped} steps`;
    throw new ParamError(["strength"], reason, strength, "Make it larger, or the steps more.");
  }
  return { ...path, points: path.points.slice(skipped) };
}
