/** What one training step is given, whatever its objective: the specification, the named inputs, the batch. */
import { type DType, elementCount } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import type { Choice } from "../base/table.ts";
import { input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { uniformTensor } from "../../kernels/layers/random.ts";
import { type Collected, createScope, type Scope } from "../../kernels/layers/scope.ts";
import type { MixedPrecision } from "../../kernels/lowering/half.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import { add, cast, mul, reshape } from "../../kernels/ops/mod.ts";

/** The numbers that come with each image. */
export interface ConditionSpec {
  readonly width: number;
  /** Element type in which they are stored. */
  readonly dtype: DType;
  /** Whether one more number says of each image that it has a condition, 1 or 0; see `ModelCondition`. */
  readonly marked?: true;
}

/** Everything that determines the mathematics of a step. */
export interface StepSpec {
  readonly shape: ImageShape;
  /** Element type of the stored images. */
  readonly dtype: DType;
  readonly batchSize: number;
  readonly model: Choice;
  readonly loss: Choice;
  readonly seed: number;
  /** Products on operands of 16 bits; none without it. */
  readonly mixedPrecision?: MixedPrecision;
  /** Computes the blocks of the model again in the backward walk instead of keeping what they made; same bits. */
  readonly gradientCheckpointing?: boolean;
  /** Looks at a trained model: nothing is dropped, and running statistics are used instead of moved. */
  readonly evaluates?: boolean;
  /** The model is given no condition without it. Of a classifier: the labels, which it is to find. */
  readonly condition?: ConditionSpec;
  /** Of a denoiser: what its output stands for. */
  readonly prediction?: string;
  /** Of a denoiser: [T], float64; index t is timestep t. */
  readonly alphasCumprod?: Float64Array;
  /** Of a denoiser: how much the errors at each timestep count; all the same without it. */
  readonly lossWeighting?: Choice;
  /** Of a denoiser: how often each timestep is drawn; all as often without it. */
  readonly timestepSampling?: Choice;
  /** Of a denoiser: deviation of one more normal number for each image and channel, added to its noise; 0 without it. */
  readonly offsetNoise?: number;
  /** Of a denoiser: probability with which an image's condition is replaced by zeros; 0 without it. */
  readonly conditionDropout?: number;
  /** Of an autoencoder: what is done to the images that it sees; the loss compares with the images themselves. */
  readonly corruption?: Choice;
}

/** Numbers that the model is given of each image. */
export function toldWidth({ width, marked }: Pick<ConditionSpec, "width" | "marked">): number {
  return marked ? width + 1 : width;
}

/** The graph of one step, over the inputs named below and one more for each parameter and buffer. */
export interface StepGraph {
  readonly loss: Tensor;
  /** Scalars beside the loss that are worth a curve, without a gradient. */
  readonly terms: Readonly<Record<string, Tensor>>;
  readonly collected: Collected;
}

/** Names of the inputs that are not parameters. */
export const stepInputs = {
  /** [B, C, H, W] as stored. */
  batch: "batch",
  /** [B, Z] as stored, where the spec has a condition. */
  condition: "batch.condition",
  /** [1, C, 1, 1]: model value = stored value * scale + offset. */
  scale: "scale",
  offset: "offset",
  /** [B] uint64: the random streams of the batch's images, never used twice in a training. */
  stream: "stream",
} as const;

/** A batch, ready for a model. */
export interface Batch {
  /** [B, C, H, W] in model values. */
  readonly x0: Tensor;
  /** [B, Z] float32. */
  readonly condition: Tensor | undefined;
  /** [B] uint64. */
  readonly stream: Tensor;
}

/** The inputs of a step; each is made once, because two nodes of one name are two inputs. */
export function batchOf({ shape, batchSize, dtype, condition }: StepSpec): Batch {
  const perChannel = (name: string) => input(name, [1, shape[0], 1, 1]);
  const stored = cast(input(stepInputs.batch, [batchSize, ...shape], dtype), "float32");
  const given = condition &&
    input(stepInputs.condition, [batchSize, condition.width], condition.dtype);
  return {
    x0: add(mul(stored, perChannel(stepInputs.scale)), perChannel(stepInputs.offset)),
    condition: given && cast(given, "float32"),
    stream: input(stepInputs.stream, [batchSize], "uint64"),
  };
}

/** The root of a model that is trained, or evaluated: its dropout draws from the batch's streams. */
export function trainingScope(spec: StepSpec, stream: Tensor): Scope {
  const { batchSize, seed, gradientCheckpointing: checkpoints, evaluates } = spec;
  return createScope({
    training: !evaluates,
    checkpoints,
    uniform: (purpose, shape) => {
      const count = elementCount(shape) / batchSize;
      return reshape(uniformTensor(randomKey(seed, `dropout/${purpose}`), stream, count), shape);
    },
  });
}
