/** The metrics that Bruit knows, coarse to fine: one file and one line each. */
export { pixelStatistics } from "./pixel_statistics.ts";
export { slicedWasserstein } from "./sliced_wasserstein.ts";
export { frechetRandomFeatures } from "./frechet_random_features.ts";
export { nearestNeighbour } from "./nearest_neighbour.ts";
export { frechet } from "./frechet.ts";
export { kernelDistance } from "./kernel_distance.ts";
export { precisionRecall } from "./precision_recall.ts";
export { diversity } from "./diversity.ts";
export { memorisation } from "./memorisation.ts";
export { twoPointCorrelation } from "./two_point_correlation.ts";
export { linealPath } from "./lineal_path.ts";
export { chordLength } from "./chord_length.ts";
export { neighbourCount } from "./neighbour_count.ts";
export { descriptorErrors } from "./descriptor_errors.ts";
export { isotropy } from "./isotropy.ts";
