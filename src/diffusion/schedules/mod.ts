/** The noise schedules that `schedule: { kind: ... }` can name: one file each, one line each. */
export { linear } from "./linear.ts";
export { quadratic } from "./quadratic.ts";
export { scaledLinear } from "./scaled_linear.ts";
export { cosine } from "./cosine.ts";
export { sigmoid } from "./sigmoid.ts";
export { laplace } from "./laplace.ts";
export { edm } from "./edm.ts";
