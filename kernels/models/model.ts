/** What a model is: a function of a scope and tensors, with parameters and a check of what it can be used on. */
import type { Definition } from "../../src/base/table.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Scope } from "../layers/mod.ts";

/** Channels, height and width of an image. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** What a denoising model sees. */
export interface ModelInputs {
  /** Noisy images [N, C, H, W]. */
  readonly x: Tensor;
  /** Timesteps [N] as float32 numbers, not scaled. */
  readonly t: Tensor;
}

// deno-lint-ignore no-explicit-any
export interface Model<P = any> extends Definition {
  /** Throws `ParamError` (path relative to the model's parameters) for what cannot be built on such images. */
  validate(params: P, shape: ImageShape): void;
  /** The prediction, of x's shape. */
  apply(scope: Scope, inputs: ModelInputs, params: P): Tensor;
}
