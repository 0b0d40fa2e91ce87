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

/** What a classifier sees. */
export interface ClassifierInputs {
  /** Images [N, C, H, W] in model values. */
  readonly x: Tensor;
  /** Number of classes. */
  readonly classes: number;
}

/** What a classifier says of images. */
export interface Classified {
  /** [N, classes]; their softmax are probabilities. */
  readonly logits: Tensor;
  /** What the logits are linear in, [N, feature width]: a space in which images can be compared. */
  readonly features: Tensor;
}

/** A diagonal Gaussian per image: both [N, latent width]. */
export interface Gaussian {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

/** What every model says of itself. */
interface ModelDefinition<P> extends Definition {
  /**
   * Parameters that came later than the first trainings of this model, with the values that leave these as they
   * were: optional in the schema, and dropped from keys by `keyedModel` where they say what is so anyway.
   */
  readonly laterDefaults?: Readonly<Record<string, unknown>>;
  /** Whether a condition is refused, may be given, or must be. */
  readonly condition: "none" | "optional" | "required";
  /**
   * Throws `ParamError` (path relative to the model's parameters) for what cannot be built on such images, or not be
   * trained on so many at a time (a micro-batch) where `batchSize` is given.
   */
  validate(params: P, shape: ImageShape, batchSize?: number): void;
}

/** A model that learns to see images through noise. */
// deno-lint-ignore no-explicit-any
export interface Denoiser<P = any> extends ModelDefinition<P> {
  readonly family: "denoiser";
  /** The prediction, of x's shape. */
  apply(scope: Scope, inputs: ModelInputs, params: P): Tensor;
}

/** A model that learns to write images as a few numbers and back. */
interface Coder<P> extends ModelDefinition<P> {
  readonly family: "autoencoder";
  /** Numbers in a code. */
  latentWidth(params: P): number;
  /** Logits [N, C, H, W]; their sigmoid is the image. */
  decode(scope: Scope, inputs: DecoderInputs, params: P): Tensor;
}

/** Its codes are normally distributed, so that images can be drawn from it. */
// deno-lint-ignore no-explicit-any
export interface VariationalAutoencoder<P = any> extends Coder<P> {
  readonly variational: true;
  /** Weight of the divergence of codes from the standard normal distribution, against the reconstruction. */
  divergenceWeight(params: P): number;
  encode(scope: Scope, inputs: EncoderInputs, params: P): Gaussian;
}

/** Every image has one code, and nothing is known of how codes are distributed: it gives back, and draws nothing. */
// deno-lint-ignore no-explicit-any
export interface DeterministicAutoencoder<P = any> extends Coder<P> {
  readonly variational: false;
  /** The code as `mean` [N, latent width]. */
  encode(scope: Scope, inputs: EncoderInputs, params: P): Pick<Gaussian, "mean">;
}

// deno-lint-ignore no-explicit-any
export type Autoencoder<P = any> = VariationalAutoencoder<P> | DeterministicAutoencoder<P>;

/** A model that learns the labels of images. They are its target; a condition it has none. */
// deno-lint-ignore no-explicit-any
export interface Classifier<P = any> extends ModelDefinition<P> {
  readonly family: "classifier";
  readonly condition: "none";
  /** Numbers in the features of an image. */
  featureWidth(params: P): number;
  apply(scope: Scope, inputs: ClassifierInputs, params: P): Classified;
}

/** The families differ in what a step of training is and in what is done with what was trained. */
// deno-lint-ignore no-explicit-any
export type Model<P = any> = Denoiser<P> | Autoencoder<P> | Classifier<P>;
