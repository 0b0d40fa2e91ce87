/** How far x0 may leave the range of the data: the parameters, what they mean, and their effect on plain arrays. */
import { z } from "zod";

/** Limits of x0: a number is the largest absolute value, a threshold is taken from each sample anew. */
export type Clip = number | Threshold;

/**
 * Dynamic thresholding of Saharia et al. (2022), arXiv:2205.11487, section 2.3: with s the quantile `ratio` of the
 * absolute values of a sample, held between 1 and `max`, x0 is clipped to [-s, s] and divided by s.
 */
export interface Threshold {
  readonly ratio: number;
  readonly max: number;
}

/** Parameters about clipping, by Diffusers' names. `clip_sample` is on for samplers that were made for pixels. */
export function clipParams(usual: boolean) {
  return {
    clip_sample: z.boolean().default(usual)
      .describe("clip the predicted image; only for data that is normalised to a range"),
    clip_sample_range: z.number().positive().default(1).describe("largest absolute value kept"),
    thresholding: z.boolean().default(false)
      .describe("in place of that, clip each image to a quantile of itself and divide by it"),
    dynamic_thresholding_ratio: z.number().gt(0).max(1).default(0.995)
      .describe("the quantile of the absolute values"),
    sample_max_value: z.number().positive().default(1)
      .describe("limit of that quantile; at 1, thresholding is clipping to 1"),
  };
}

/** The parameters among them that are about thresholding alone. */
export const thresholdingNames = [
  "thresholding",
  "dynamic_thresholding_ratio",
  "sample_max_value",
] as const;

/** The table's `clip` of those parameters. */
export function clipOf(params: {
  readonly clip_sample: boolean;
  readonly clip_sample_range: number;
  readonly thresholding: boolean;
  readonly dynamic_thresholding_ratio: number;
  readonly sample_max_value: number;
}): Clip | undefined {
  if (params.thresholding) {
    return { ratio: params.dynamic_thresholding_ratio, max: params.sample_max_value };
  }
  return params.clip_sample ? params.clip_sample_range : undefined;
}

/**
 * Where the quantile `ratio` of `size` numbers lies, interpolated as NumPy and PyTorch do: from the smallest of the
 * `largest` largest numbers on, `share` of the way to the next larger one.
 */
export function quantilePlace(ratio: number, size: number) {
  const place = ratio * (size - 1);
  const rank = Math.min(Math.floor(place), size - 1);
  return { largest: size - rank, share: place - rank };
}

/** x0 within its limits, in float64; samples of `sampleSize` values lie one after the other. */
export function clipped(x0: Float64Array, clip: Clip | undefined, sampleSize: number) {
  if (clip === undefined) return x0;
  if (typeof clip === "number") return x0.map((value) => Math.min(clip, Math.max(-clip, value)));
  const result = new Float64Array(x0.length);
  for (let first = 0; first < x0.length; first += sampleSize) {
    const sample = x0.subarray(first, first + sampleSize);
    const limit = Math.min(clip.max, Math.max(1, quantile(sample.map(Math.abs), clip.ratio)));
    sample.forEach((value, i) =>
      result[first + i] = Math.min(limit, Math.max(-limit, value)) / limit
    );
  }
  return result;
}

function quantile(values: Float64Array, ratio: number): number {
  const sorted = values.slice().sort();
  const { largest, share } = quantilePlace(ratio, sorted.length);
  const at = sorted.length - largest;
  return share === 0 ? sorted[at] : sorted[at] + share * (sorted[at + 1] - sorted[at]);
}
