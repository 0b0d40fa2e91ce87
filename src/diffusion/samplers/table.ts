/** The table of samplers, made of the barrel. */
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
  const definition = chosen(samplers, sampler);
  const path = samplerPath(process, sampler);
  const steps = Math.floor(path.points.length * strength);
  return definition.table({ ...path, points: path.points.slice(-steps) }, sampler);
}

/** The points that a chosen sampler visits. Throws `ParamError` relative to the sampler. */
export function samplerPath(process: NoiseProcess, sampler: Choice): Path {
  const spacing = sampler as unknown as Spacing;
  return pathOf(process, chosen(samplers, sampler), spacing);
}
