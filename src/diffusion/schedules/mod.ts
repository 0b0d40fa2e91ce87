/** The noise schedules that `schedule: { kind: ... }` can name: one file each, one line each. */
export { linear } from "./linear.ts";
export { quadratic } from "./quadratic.ts";
export { cosine } from "./cosine.ts";
export { sigmoid } from "./sigmoid.ts";
