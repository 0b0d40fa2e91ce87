/** What a corruption is: what is done to an image that an autoencoder sees and is to give back undone. */
import type { Definition } from "../../base/table.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** Random numbers of the shape of the images, from each image's own stream. Ask for one of them, once. */
export interface ImageRandom {
  /** In (0, 1]. */
  uniform(): Tensor;
  /** Standard normal. */
  normal(): Tensor;
}

// deno-lint-ignore no-explicit-any
export interface Corruption<P = any> extends Definition {
  /** The images [N, C, H, W] corrupted; values in [0, 1] stay there unless the parameters say otherwise. */
  apply(x: Tensor, random: ImageRandom, params: P): Tensor;
}
