/** What the laws of samplers are tried on: a line for each sampler. */

/** A sampler's parameters, and what is particular about it. */
export interface SamplerCase {
  /** Parameter sets beside the defaults. */
  readonly variants?: readonly Readonly<Record<string, unknown>>[];
  /** Steps from which it is to reach the moments of a Gaussian; 1000 without it. */
  readonly steps?: number;
  /** Parameter sets that follow the probability flow, with the order at which they converge to it. */
  readonly orders?: readonly {
    readonly params: Readonly<Record<string, unknown>>;
    readonly order: number;
  }[];
}

export const samplerCases: Readonly<Record<string, SamplerCase>> = {
  ddpm: { variants: [{ variance_type: "fixed_large" }] },
  ddim: {
    variants: [{ eta: 0.5 }, { eta: 1 }, { use_clipped_model_output: true }],
    orders: [{ params: {}, order: 1 }],
  },
};
