/** The samplers that `sampler: { kind: ... }` can name: one file each, one line each. */
export { ddpm } from "./ddpm.ts";
export { ddim } from "./ddim.ts";
