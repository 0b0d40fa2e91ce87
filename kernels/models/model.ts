/** What a model is: a function of a scope and tensors, with parameters and a check of what it can be used on. */
import type { Definition } from "../../src/base/table.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Scope } from "../layers/mod.ts";

/** Channels, height and width of an image. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** What a denoiser sees. */
export interface ModelInputs {
  /** Noisy images [N, C, H, W]. */
  readonly x: Tensor;
  /** Timesteps as float32 numbers, not scaled: [N], or [1] where all images are at the same. */
  readonly t: Tensor;
  /** What is wanted of each image, [N, Z] float32: one-hot labels, descriptors. */
  readonly condition?: Tensor;
}

/** What an encoder sees. */
export interface EncoderInputs {
  /** Images [N, C, H, W] in model values. */
  readonly x: Tensor;
  /** [N, Z] float32. */
  readonly condition?: Tensor;
}

/** What a decoder sees. */
export interface DecoderInputs {
  /** Codes [N, latent width]. */
  readonly z: Tensor;
  /** [N, Z] float32. */
  readonly condition?: Tensor;
  /** Of the images to be made. */
  readonly shape: ImageShape;
}

/** A diagonal Gaussian per image: both [N, latent width]. */
export interface Gaussian {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

/** What every model says of itself. */
interface ModelDefinition<P> extends Definition {
  /** Whether a condition is refused, may be given, or must be. */
  readonly condition: "none" | "optional" | "required";
  /** Throws `ParamError` (path relative to the model's parameters) for what cannot be built on such images. */
  validate(params: P, shape: ImageShape): void;
}

/** A model that learns to see images through noise. */
// deno-lint-ignore no-explicit-any
export interface Denoiser<P = any> extends ModelDefinition<P> {
  readonly family: "denoiser";
  /** The prediction, of x's shape. */
  apply(scope: Scope, inputs: ModelInputs, params: P): Tensor;
}

/** A model that learns to write images as a few normally distributed numbers and back. */
// deno-lint-ignore no-explicit-any
export interface Autoencoder<P = any> extends ModelDefinition<P> {
  readonly family: "autoencoder";
  /** Numbers in a code. */
  latentWidth(params: P): number;
  /** Weight of the divergence of codes from the standard normal distribution, against the reconstruction. */
  divergenceWeight(params: P): number;
  encode(scope: Scope, inputs: EncoderInputs, params: P): Gaussian;
  /** Logits [N, C, H, W]; their sigmoid is the image. */
  decode(scope: Scope, inputs: DecoderInputs, params: P): Tensor;
}

/** The families differ in what a step of training is and in how images are drawn. */
// deno-lint-ignore no-explicit-any
export type Model<P = any> = Denoiser<P> | Autoencoder<P>;
