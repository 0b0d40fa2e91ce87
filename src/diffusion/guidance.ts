/** Classifier-free guidance as numbers: how strongly each evaluation of a sampler's table is guided. Runs nothing. */
import { ParamError } from "../base/errors.ts";
import { sigmaOf } from "./samplers/path.ts";
import type { SamplerTable } from "./samplers/sampler.ts";

/** What is asked for. */
export interface Guidance {
  /** guidance_scale; 1 is the condition's own output. */
  readonly scale: number;
  /** Sigmas between which samples are guided; everywhere without it. */
  readonly interval?: readonly [from: number, to: number];
}

/**
 * The scale w of every row, for Ho and Salimans (2022), arXiv:2207.12598, equation 6, in the form of Diffusers:
 *
 *     output = negative + w (conditional - negative)
 *
 * With an interval, w is 1 outside of from < sigma <= to: Kynkäänniemi et al. (2024), arXiv:2404.07724, equation 5.
 * Sigma is that of x = x0 + sigma epsilon in model values, whatever the sampler's own scale is. Throws `ParamError`
 * (`guidance_interval`) where an interval holds no visited sigma.
 */
export function guidanceScales({ rows }: SamplerTable, { scale, interval }: Guidance): number[] {
  if (!interval) return rows.map(() => scale);
  const [from, to] = interval;
  const sigmas = rows.map(sigmaOf);
  const scales = sigmas.map((sigma) => sigma > from && sigma <= to ? scale : 1);
  if (sigmas.some((sigma) => sigma > from && sigma <= to)) return scales;
  const [least, most] = [Math.min(...sigmas), Math.max(...sigmas)].map((s) => s.toPrecision(4));
  const reason = `holds none of the visited sigmas, which lie between ${least} and ${most}`;
  throw new ParamError(["guidance_interval"], reason, interval);
}

/** Two outputs of a model and how they become one. */
export interface GuidedOutputs {
  /** Outputs for the condition and for the negative one; samples lie one after the other. */
  readonly conditional: Float64Array;
  readonly negative: Float64Array;
  /** A row's scale, from `guidanceScales`. */
  readonly scale: number;
  /** guidance_rescale: the share of the output that has the conditional one's standard deviation; 0 without it. */
  readonly rescale?: number;
  /** Values of one sample; all without it. */
  readonly sampleSize?: number;
}

/**
 * The guided output in float64, as the sampling program computes it:
 *
 *     guided = negative + scale (conditional - negative)
 *     output = guided (1 - rescale + rescale std(conditional) / std(guided))
 *
 * with standard deviations over each sample: Lin et al. (2024), arXiv:2305.08891, section 3.4.
 */
export function guidedOnHost(
  { conditional, negative, scale, rescale = 0, sampleSize = conditional.length }: GuidedOutputs,
): Float64Array {
  const guided = negative.map((away, i) => away + scale * (conditional[i] - away));
  if (rescale === 0) return guided;
  for (let first = 0; first < guided.length; first += sampleSize) {
    const end = first + sampleSize;
    const wanted = variance(conditional.subarray(first, end));
    const sample = guided.subarray(first, end);
    const factor = 1 - rescale + rescale * Math.sqrt(wanted / variance(sample));
    sample.forEach((value, i) => sample[i] = factor * value);
  }
  return guided;
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
