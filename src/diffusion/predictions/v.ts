/** The model predicts the velocity. */
import type { Prediction } from "./prediction.ts";

/**
 * Salimans and Ho (2022), arXiv:2202.00512, appendix D: v = signal epsilon - noise x0. Since signal^2 + noise^2 = 1,
 * x0 = signal x - noise v and epsilon = noise x + signal v: nothing is divided, so it also works without any signal.
 */
export const v: Prediction = {
  kind: "v",
  summary: "the velocity signal epsilon - noise x0 (v_prediction in Diffusers)",
  target: ({ signal, noise }) => ({ x0: -noise, epsilon: signal }),
  x0: ({ signal, noise }) => ({ x: signal, output: -noise }),
  epsilon: ({ signal, noise }) => ({ x: noise, output: signal }),
};
