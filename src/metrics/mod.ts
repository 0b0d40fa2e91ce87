/** The metrics that Bruit knows, coarse to fine: one file and one line each. */
export { pixelStatistics } from "./pixel_statistics.ts";
export { slicedWasserstein } from "./sliced_wasserstein.ts";
export { frechetRandomFeatures } from "./frechet_random_features.ts";
export { nearestNeighbour } from "./nearest_neighbour.ts";
