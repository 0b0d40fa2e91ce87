/** The losses that `loss: { kind: ... }` can name: one file each, one line each. */
export { mse } from "./mse.ts";
export { l1 } from "./l1.ts";
export { huber } from "./huber.ts";
export { bceWithLogits } from "./bce_with_logits.ts";
export { crossEntropy } from "./cross_entropy.ts";
export { gaussianKl } from "./gaussian_kl.ts";
