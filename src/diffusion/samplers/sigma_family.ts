/**
 * What the samplers of the sigma family share: x = x0 + sigma epsilon, the noise's deviation as the clock, and the
 * probability flow dx/dsigma = (x - x0) / sigma = epsilon; Karras et al. (2022), arXiv:2206.00364. No sampler itself.
 */
import { z } from "zod";
import { clipOf, clipParams } from "./clipping.ts";
import { type Path, type Point, pointOf, sigmaOf, withSignal } from "./path.ts";
import { alone, type Combination, type SamplerRow, type SamplerTable } from "./sampler.ts";
import { type Spacing, spacingParams } from "./spacing.ts";

/** Parameters that all of the family have: spacing, even over timesteps that need not be whole, and clipping. */
export const sigmaFamilyParams = { ...spacingParams("linspace"), ...clipParams(false) };

/** Those of them that a table needs. */
type FamilyParams = Pick<Spacing, "timestep_spacing"> & Parameters<typeof clipOf>[0];

/** The sigmas of the visited points, and 0 after the last, or `final`. */
export function sigmasOf({ points }: Path, final = 0): number[] {
  return [...points.map(sigmaOf), final];
}

/** An evaluation at a point; the model was trained on x of unit variance. */
export function sigmaRow(point: Point, next: readonly Combination[]): SamplerRow {
  const alphaCumprod = withSignal(point.alphaCumprod);
  return { timestep: point.timestep, alphaCumprod, scale: Math.sqrt(alphaCumprod), next };
}

/**
 * The table of rows that begin at the first point, `churn` more noise added. Spacings that end the process begin with
 * its noise alone and others with the deviation of data of variance 1 under that noise, which is Diffusers'
 * `init_noise_sigma`. The flow leads away from what is left of x0 after clipping, so epsilon is computed anew.
 */
export function sigmaTable(
  rows: readonly SamplerRow[],
  registers: number,
  { points }: Path,
  params: FamilyParams,
  churn = 0,
): SamplerTable {
  const sigma = sigmaOf(points[0]);
  const data = params.timestep_spacing === "leading" ? 1 : 0;
  return {
    rows,
    registers,
    start: Math.hypot(sigma, data, churn),
    clip: clipOf(params),
    epsilonFromClipped: true,
  };
}

/** Parameters of churn with the values that say none, or others. */
export function churnParams(usual = { churn: 0, least: 0, noise: 1 }) {
  return {
    s_churn: z.number().min(0).default(usual.churn)
      .describe("noise added again over all steps; 0 is deterministic"),
    s_tmin: z.number().min(0).default(usual.least).describe("least sigma to which it is added"),
    s_tmax: z.number().positive().optional()
      .describe("largest sigma to which it is added; any without it"),
    s_noise: z.number().positive().default(usual.noise)
      .describe("deviation of what is added; a little over 1 makes up for lost detail"),
  };
}

/** Those parameters. */
export interface Churn {
  readonly s_churn: number;
  readonly s_tmin: number;
  readonly s_tmax?: number;
  readonly s_noise: number;
}

/** Where a step begins, and the deviation of the noise that leads there from the point that is visited. */
export interface Beginning {
  readonly point: Point;
  readonly noise: number;
}

/**
 * Lines 4 to 6 of algorithm 2 of Karras et al. (2022) for every step: sigma goes up to (1 + gamma) sigma by new noise
 * before the model is asked. The noise of a step belongs to the row before it, that of the first to the start.
 */
export function beginnings({ process, points }: Path, params: Churn): Beginning[] {
  const gamma = Math.min(params.s_churn / points.length, Math.SQRT2 - 1);
  return points.map((point) => {
    const sigma = sigmaOf(point);
    const churned = sigma >= params.s_tmin && sigma <= (params.s_tmax ?? Infinity);
    if (gamma === 0 || !churned) return { point, noise: 0 };
    const higher = (1 + gamma) * sigma;
    return {
      point: pointOf(process, { fractional: true }, higher),
      noise: params.s_noise * Math.sqrt(higher ** 2 - sigma ** 2),
    };
  });
}

/**
 * Lines 7 to 13 of algorithm 2 of Karras et al. (2022): a step of Euler's, corrected by the mean of the slopes at its
 * ends, where there is noise left at the second. Register 1 keeps x and half of the first slope.
 *
 *     x' = x + (s - sigma) d;     x_s = x + (s - sigma) (d + d') / 2
 */
export function heunRows(path: Path, begins: readonly Beginning[]): SamplerRow[] {
  const { points } = path, sigmas = sigmasOf(path);
  return begins.flatMap(({ point }, i) => {
    const step = sigmas[i + 1] - sigmaOf(point);
    const euler = { registers: [1], epsilon: step };
    if (i === points.length - 1) return [sigmaRow(point, [euler])];
    const half = { registers: [1], epsilon: step / 2 };
    const corrected = { ...alone(1), epsilon: step / 2, noise: begins[i + 1].noise };
    return [sigmaRow(point, [euler, half]), sigmaRow(points[i + 1], [corrected])];
  });
}
