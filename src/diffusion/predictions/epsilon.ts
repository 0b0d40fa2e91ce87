/** The model predicts the noise. */
import type { Prediction } from "./prediction.ts";

/** Ho et al. (2020), section 3.2. x0 = (x - noise epsilon) / signal, which is lost where the signal is 0. */
export const epsilon: Prediction = {
  kind: "epsilon",
  summary: "the noise",
  needsSignal: true,
  target: () => ({ x0: 0, epsilon: 1 }),
  x0: ({ signal, noise }) => ({ x: 1 / signal, output: -noise / signal }),
  epsilon: () => ({ x: 0, output: 1 }),
};
