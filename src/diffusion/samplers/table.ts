/** The table of samplers, made of the barrel. */
import { type Choice, chosen, tableOf } from "../../base/table.ts";
import type { NoiseProcess } from "../process.ts";
import * as barrel from "./mod.ts";
import { pathOf } from "./path.ts";
import type { Sampler, SamplerTable } from "./sampler.ts";
import type { Spacing } from "./spacing.ts";

export const samplers = tableOf<Sampler>(barrel);

/** The coefficients of a chosen sampler for a process. Throws `ParamError` relative to the sampler. */
export function samplerTable(process: NoiseProcess, sampler: Choice): SamplerTable {
  const definition = chosen(samplers, sampler);
  return definition.table(pathOf(process, definition, sampler as unknown as Spacing), sampler);
}
