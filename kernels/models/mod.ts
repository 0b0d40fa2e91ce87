/** The models that `model: { kind: ... }` can name: one file each, one line each. */
export { mlp } from "./mlp.ts";
export { unet } from "./unet.ts";
