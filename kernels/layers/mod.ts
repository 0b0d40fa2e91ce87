/** The layers: plain functions over ops, one file each, by increasing complexity. */
export * from "./scope.ts";
export * from "./init.ts";
export * from "./activation.ts";
export { linear } from "./linear.ts";
export { dropout } from "./dropout.ts";
export { upsampleNearest } from "./upsample.ts";
export { conv2d } from "./conv2d.ts";
export { convBesidePlanes } from "./conv_beside_planes.ts";
export { convTranspose2d } from "./conv_transpose2d.ts";
export { groupNorm } from "./group_norm.ts";
export { layerNorm } from "./layer_norm.ts";
export { batchNorm } from "./batch_norm.ts";
export * from "./norm.ts";
export { perImage, timestepEmbedding } from "./timestep_embedding.ts";
export { film, modulate, modulation } from "./film.ts";
export { attention } from "./attention.ts";
export { normalTensor, uniformTensor } from "./random.ts";
