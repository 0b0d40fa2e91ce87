/** The stage kinds, one file and one line each, in the order in which a pipeline usually has them. */
export { load } from "./load.ts";
export { normalize } from "./normalize.ts";
export { forwardNoise } from "./forward_noise.ts";
export { train } from "./train.ts";
export { sample } from "./sample.ts";
export { metrics } from "./metrics.ts";
export { report } from "./report.ts";
