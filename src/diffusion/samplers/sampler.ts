/**
 * What a sampler is: a pure function from a noise process and parameters to a table of coefficients. It does not
 * know what the model predicts, and does not run anything; `table.ts` and the sampling program do.
 */
import { z } from "zod";
import type { Definition } from "../../base/table.ts";
import type { NoiseProcess } from "../process.ts";

/** One step: x becomes x x + x0 x0 + epsilon epsilon + noise z, with z standard normal. */
export interface SamplerRow {
  /** Where the model is asked. */
  readonly timestep: number;
  /** alphas_cumprod there: x = sqrt(alphaCumprod) x0 + sqrt(1 - alphaCumprod) epsilon. */
  readonly alphaCumprod: number;
  readonly x: number;
  readonly x0: number;
  readonly epsilon: number;
  readonly noise: number;
}

/** A sampler's steps in the order in which they are taken. */
export interface SamplerTable {
  readonly rows: readonly SamplerRow[];
  /** Number of model evaluations for one image. */
  readonly nfe: number;
  /** x0 is clipped to [-clip, clip]; not at all without it. */
  readonly clip?: number;
  /** Whether epsilon is computed anew from the clipped x0, or stays what the model's output says. */
  readonly epsilonFromClipped: boolean;
}

// deno-lint-ignore no-explicit-any
export interface Sampler<P = any> extends Definition {
  /** Throws `ParamError` relative to the sampler. */
  table(process: NoiseProcess, params: P): SamplerTable;
}

/** Parameters about clipping, by Diffusers' names. */
export const clipParams = {
  clip_sample: z.boolean().default(true)
    .describe("clip the predicted image; only for data that is normalised to a range"),
  clip_sample_range: z.number().positive().default(1).describe("largest absolute value kept"),
};

/** The table's `clip` of those parameters. */
export function clipOf(params: {
  readonly clip_sample: boolean;
  readonly clip_sample_range: number;
}): number | undefined {
  return params.clip_sample ? params.clip_sample_range : undefined;
}
