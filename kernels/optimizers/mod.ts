/** The optimizers that `optimizer: { kind: ... }` can name: one file each, one line each. */
export { sgd } from "./sgd.ts";
export { adam } from "./adam.ts";
export { adamw } from "./adamw.ts";
export { clipByGlobalNorm, globalNorm } from "./clip_by_global_norm.ts";
export { emaRate, emaUpdate } from "./ema.ts";
export * from "./learning_rate.ts";
export * from "./loss_scaling.ts";
