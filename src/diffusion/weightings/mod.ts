/** The weightings that `loss_weighting: { kind: ... }` can name: one file each, one line each. */
export { none } from "./none.ts";
export { snr } from "./snr.ts";
export { truncatedSnr } from "./truncated_snr.ts";
export { minSnr } from "./min_snr.ts";
export { p2 } from "./p2.ts";
export { edm } from "./edm.ts";
