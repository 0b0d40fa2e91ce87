/** The model predicts the image. */
import type { Prediction } from "./prediction.ts";

/** epsilon = (x - signal x0) / noise. Diffusers calls it `sample`. */
export const x0: Prediction = {
  kind: "x0",
  summary: "the image without noise (sample in Diffusers)",
  target: () => ({ x0: 1, epsilon: 0 }),
  x0: () => ({ x: 0, output: 1 }),
  epsilon: ({ signal, noise }) => ({ x: 1 / noise, output: -signal / noise }),
};
