/** The distributions that `timestep_sampling: { kind: ... }` can name: one file each, one line each. */
export { uniform } from "./uniform.ts";
export { logNormal } from "./log_normal.ts";
export { logitNormal } from "./logit_normal.ts";
export { lossAware } from "./loss_aware.ts";
