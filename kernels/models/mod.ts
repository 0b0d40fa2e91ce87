/** The models that `model: { kind: ... }` can name: one file each, one line each. */
export { mlp } from "./mlp.ts";
export { condUnet } from "./cond_unet.ts";
export { unet } from "./unet.ts";
export { filmUnet } from "./film_unet.ts";
export { cvae } from "./cvae.ts";
export { denoisingAutoencoder } from "./denoising_autoencoder.ts";
export { classifier } from "./classifier.ts";
