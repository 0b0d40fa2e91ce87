/** The table of loss weightings, made of the barrel, and the weights of a process's timesteps. */
import { ParamError } from "../../base/errors.ts";
import { type Choice, chosen, tableOf } from "../../base/table.ts";
import { predictions } from "../predictions/table.ts";
import { mixtureOf } from "../process.ts";
import * as barrel from "./mod.ts";
import type { Weighting } from "./weighting.ts";

export const weightings = tableOf<Weighting>(barrel);

/** Stands for no signal at all: its SNR is as small, and the reciprocal is still a number. */
const LEAST_SIGNAL = 2 ** -1022;

/**
 * The weights [T] of the squared error of a model's output, by timestep. Where nothing of the signal is left, they
 * are what they tend to as it vanishes. Throws `ParamError` relative to the choice where that is infinite.
 */
export function lossWeights(
  choice: Choice,
  prediction: string,
  alphasCumprod: Float64Array,
): Float64Array {
  const weighting = chosen(weightings, choice);
  const output = predictions.get(prediction)!;
  return alphasCumprod.map((alphaCumprod, t) => {
    const mixture = mixtureOf(Math.max(alphaCumprod, LEAST_SIGNAL));
    const weight = weighting.weight(mixture, output, choice);
    if (Number.isFinite(Math.fround(weight))) return weight;
    const reason = `gives the error of ${prediction} no finite weight at timestep ${t}`;
    const hint = "Predict v, or choose a noise schedule that leaves some signal and some noise.";
    throw new ParamError(["kind"], reason, choice.kind, hint);
  });
}
