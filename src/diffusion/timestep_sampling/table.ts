/** The table of timestep samplings, made of the barrel, and how a uniform number becomes a timestep. */
import { type Choice, chosen, tableOf } from "../../base/table.ts";
import * as barrel from "./mod.ts";
import type { LossBins, TimestepSampling } from "./timestep_sampling.ts";

export const timestepSamplings = tableOf<TimestepSampling>(barrel);

/** The probability of each timestep, [T]. Throws `ParamError` relative to the choice. */
export function timestepProbabilities(choice: Choice, alphasCumprod: Float64Array): Float64Array {
  const masses = chosen(timestepSamplings, choice).masses(alphasCumprod, choice);
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / total);
}

/** How the choice follows the losses, if it does. Throws `ParamError` relative to the choice. */
export function lossBins(choice: Choice, timesteps: number): LossBins | undefined {
  return chosen(timestepSamplings, choice).bins?.(timesteps, choice);
}

/**
 * [T - 1]: the timestep of a uniform number u is how many of these are below u. The last timestep's own end is left
 * out, because a sum of T rounded numbers may end below 1.
 */
export function cumulativeProbabilities(probabilities: Float64Array): Float64Array {
  let sum = 0;
  return probabilities.subarray(0, -1).map((probability) => sum += probability);
}
