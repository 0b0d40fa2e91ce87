/** What the laws of samplers are tried on: a line for each sampler. */

/** A sampler's parameters, and what is particular about it. */
export interface SamplerCase {
  /** Parameter sets beside the defaults. */
  readonly variants?: readonly Readonly<Record<string, unknown>>[];
  /** Steps from which it is to reach the moments of a Gaussian; 1000 without it. */
  readonly steps?: number;
  /**
   * Whether the sampler is for models that give the end of the probability flow, not the mean image: with the latter
   * the samples' variance would be too small.
   */
  readonly distilled?: boolean;
  /** Parameter sets that follow the probability flow, with the order at which they converge to it. */
  readonly orders?: readonly {
    readonly params: Readonly<Record<string, unknown>>;
    readonly order: number;
    /** The fewer of the numbers of steps that are compared, n and 2 n; 40 without it. */
    readonly from?: number;
  }[];
}

export const samplerCases: Readonly<Record<string, SamplerCase>> = {
  ddpm: { variants: [{ variance_type: "fixed_large" }] },
  ddim: {
    variants: [{ eta: 0.5 }, { eta: 1 }, { use_clipped_model_output: true }],
    orders: [{ params: {}, order: 1 }],
  },
  lcm: { steps: 50, distilled: true },
  // The weights of Adams and Bashforth are for equal steps, which steps of epsilon along the path are not: order 2.
  pndm: {
    steps: 200,
    variants: [{ skip_prk_steps: true }, { set_alpha_to_one: true }],
    orders: [{ params: {}, order: 2 }, { params: { skip_prk_steps: true }, order: 2 }],
  },
  euler: {
    variants: [{ s_churn: 40, s_tmin: 0.05, s_tmax: 50, s_noise: 1.003 }],
    orders: [{ params: {}, order: 1 }],
  },
  "euler-ancestral": {
    variants: [{ eta: 0.5 }, { eta: 0 }],
    orders: [{ params: { eta: 0 }, order: 1 }],
  },
  heun: { steps: 200, orders: [{ params: {}, order: 2 }] },
  lms: {
    steps: 200,
    variants: [{ order: 2 }, { order: 3 }],
    orders: [
      { params: { order: 1 }, order: 1 },
      { params: { order: 2 }, order: 2 },
      // Slopes of far points count: from 40 steps the measured orders are 2.6 and 3.4, from 160 2.8 and 3.8.
      { params: { order: 3 }, order: 3, from: 160 },
      { params: { order: 4 }, order: 4, from: 160 },
    ],
  },
  edm: {
    steps: 200,
    variants: [{ s_churn: 0 }, { s_churn: 40 }, { sigma_spacing: "none" }],
    orders: [{ params: { s_churn: 0 }, order: 2 }],
  },
  "dpmpp-2m": {
    steps: 200,
    variants: [
      { solver_type: "heun" },
      { solver_order: 1 },
      { solver_order: 3 },
      { sigma_spacing: "karras", lower_order_final: false },
      { final_sigmas_type: "sigma_min", euler_at_final: true },
    ],
    orders: [
      { params: { solver_order: 1 }, order: 1 },
      { params: {}, order: 2 },
      { params: { solver_type: "heun" }, order: 2 },
      // It has half the weight of the second derivative that order 3 would need; see dpmpp_multistep.ts.
      { params: { solver_order: 3 }, order: 2, from: 160 },
    ],
  },
  deis: {
    steps: 200,
    variants: [{ solver_order: 1 }, { solver_order: 3 }, { final_sigmas_type: "zero" }],
    orders: [
      { params: { solver_order: 1 }, order: 1 },
      { params: {}, order: 2 },
      { params: { solver_order: 3 }, order: 3 },
    ],
  },
  unipc: {
    steps: 200,
    variants: [
      { solver_type: "bh1" },
      { solver_order: 1 },
      { solver_order: 3, lower_order_final: false },
      { disable_corrector: [0, 1, 2] },
      { final_sigmas_type: "sigma_min" },
    ],
    // The corrector raises a predictor's order by 1; Zhao et al. (2023).
    orders: [
      { params: { solver_order: 1 }, order: 2 },
      { params: {}, order: 3 },
      { params: { solver_type: "bh1" }, order: 3 },
      { params: { solver_order: 3 }, order: 4 },
    ],
  },
  "dpmpp-2m-sde": {
    // Order 1 with noise is ancestral sampling: it misses the variance by 7 % at 200.
    steps: 500,
    variants: [
      { eta: 0 },
      { eta: 0.5, solver_type: "heun" },
      { solver_order: 1 },
      { final_sigmas_type: "sigma_min" },
    ],
    orders: [{ params: { eta: 0 }, order: 2 }],
  },
  "dpmpp-sde": {
    steps: 200,
    variants: [{ eta: 0 }, { eta: 0.5 }, { sigma_spacing: "karras" }],
    orders: [{ params: { eta: 0 }, order: 2 }],
  },
};
