/** The table of samplers, made of the barrel. */
import { type Choice, chosen, tableOf } from "../../base/table.ts";
import type { NoiseProcess } from "../process.ts";
import * as barrel from "./mod.ts";
import { type Path, pathOf } from "./path.ts";
import type { Sampler, SamplerTable } from "./sampler.ts";
import type { Spacing } from "./spacing.ts";

export const samplers = tableOf<Sampler>(barrel);

/** The coefficients of a chosen sampler for a process. Throws `ParamError` relative to the sampler. */
export function samplerTable(process: NoiseProcess, sampler: Choice): SamplerTable {
  return tableAlong(samplerPath(process, sampler), sampler);
}

/** The points that a chosen sampler visits. Throws `ParamError` relative to the sampler. */
export function samplerPath(process: NoiseProcess, sampler: Choice): Path {
  return pathOf(process, chosen(samplers, sampler), sampler as unknown as Spacing);
}

/** The coefficients of a chosen sampler along a path of its own or the end of one. Throws `ParamError` as the others. */
export function tableAlong(path: Path, sampler: Choice): SamplerTable {
  return chosen(samplers, sampler).table(path, sampler);
}
