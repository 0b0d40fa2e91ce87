/**
 * The stage kinds, one file and one line each, in the order in which a pipeline usually has them. A line is a promise:
 * a file is loaded when a pipeline names its kind, because a run of nothing but hits is mostly loading.
 */
export const stageFiles = {
  load: () => import("./load.ts"),
  explore: () => import("./explore.ts"),
  normalize: () => import("./normalize.ts"),
  "forward-noise": () => import("./forward_noise.ts"),
  train: () => import("./train.ts"),
  sample: () => import("./sample.ts"),
  classify: () => import("./classify.ts"),
  reconstruct: () => import("./reconstruct.ts"),
  embed: () => import("./embed.ts"),
  metrics: () => import("./metrics.ts"),
  compare: () => import("./compare.ts"),
  report: () => import("./report.ts"),
};
