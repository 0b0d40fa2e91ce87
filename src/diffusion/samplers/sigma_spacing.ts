/** How sigmas may lie between the largest and the smallest that a sampler visits. */

import { betaQuantile } from "./beta_distribution.ts";

/** Parameters of the spacings that have any. */
export interface SigmaSpacingParams {
  readonly rho?: number;
}

type SigmaSpacing = (
  largest: number,
  smallest: number,
  steps: number,
  params: SigmaSpacingParams,
) => number[];

/** From 0 to 1 in equal steps; 0 alone for a single one. */
function ramp(steps: number): number[] {
  return Array.from({ length: steps }, (_, i) => steps > 1 ? i / (steps - 1) : 0);
}

/** By the name in `sigma_spacing`. */
export const sigmaSpacings = {
  /** Karras et al. (2022), equation 5, with rho = 7: short steps where there is little noise. */
  karras: (largest, smallest, steps, { rho = 7 }) => {
    const [high, low] = [largest ** (1 / rho), smallest ** (1 / rho)];
    return ramp(steps).map((r) => (high + r * (low - high)) ** rho);
  },
  /** In equal steps of log sigma. */
  exponential: (largest, smallest, steps) => logarithmic(largest, smallest, steps, 1),
  /** log sigma falls like the power rho of the way that is left; rho = 1 is exponential. */
  polyexponential: (largest, smallest, steps, { rho = 1 }) =>
    logarithmic(largest, smallest, steps, rho),
  /**
   * At the quantiles of a Beta distribution: close at both ends, wide between. Lee et al. (2024), arXiv:2407.12173,
   * with the parameters and over sigma as in Diffusers' use_beta_sigmas (the paper spaces timesteps so).
   */
  beta: (largest, smallest, steps) =>
    ramp(steps).map((r) => smallest + betaQuantile(1 - r, 0.6, 0.6) * (largest - smallest)),
} as const satisfies Readonly<Record<string, SigmaSpacing>>;

function logarithmic(largest: number, smallest: number, steps: number, rho: number): number[] {
  const [high, low] = [Math.log(largest), Math.log(smallest)];
  return ramp(steps).map((r) => Math.exp(low + (1 - r) ** rho * (high - low)));
}
