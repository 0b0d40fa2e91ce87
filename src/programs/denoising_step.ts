/**
 * The loss of one training step as a symbolic graph: noise a batch at random timesteps, predict, compare.
 * Device-independent; its digest is part of the key of a training.
 */
import { type DType, elementCount, float32 } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { type Choice, chosen } from "../base/table.ts";
import { predictions } from "../diffusion/predictions/table.ts";
import { mixtureOf } from "../diffusion/process.ts";
import { constant, input, scalar } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Collected, createScope } from "../../kernels/layers/scope.ts";
import { normalTensor, uniformTensor } from "../../kernels/layers/random.ts";
import { losses } from "../../kernels/losses/table.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import { add, cast, floor, gather, min, mul, reshape } from "../../kernels/ops/mod.ts";

/** Everything that determines the mathematics of a step. */
export interface DenoisingSpec {
  readonly shape: ImageShape;
  /** Element type of the stored images. */
  readonly dtype: DType;
  readonly batchSize: number;
  readonly model: Choice;
  readonly prediction: string;
  readonly loss: Choice;
  /** [T], float64; index t is timestep t. */
  readonly alphasCumprod: Float64Array;
  readonly seed: number;
}

/** The graph of one step, over these named inputs and one more for each parameter and buffer. */
export interface StepGraph {
  readonly loss: Tensor;
  readonly collected: Collected;
}

/** Names of the inputs that are not parameters. */
export const stepInputs = {
  /** [B, C, H, W] as stored. */
  batch: "batch",
  /** [1, C, 1, 1]: model value = stored value * scale + offset. */
  scale: "scale",
  offset: "offset",
  /** [B] uint64: the random streams of the batch's images, never used twice in a training. */
  stream: "stream",
} as const;

/** Builds the graph of one step. */
export function denoisingStep(spec: DenoisingSpec): StepGraph {
  const { shape: [channels, height, width], batchSize, seed } = spec;
  const imageShape = [batchSize, channels, height, width];
  const perChannel = (name: string) => input(name, [1, channels, 1, 1]);
  const stream = input(stepInputs.stream, [batchSize], "uint64");
  const stored = cast(input(stepInputs.batch, imageShape, spec.dtype), "float32");
  const x0 = add(mul(stored, perChannel(stepInputs.scale)), perChannel(stepInputs.offset));
  const noise = reshape(
    normalTensor(randomKey(seed, "noise"), stream, channels * height * width),
    imageShape,
  );
  const t = uniformTimesteps(randomKey(seed, "timestep"), stream, spec.alphasCumprod.length);
  const mixtures = Array.from(spec.alphasCumprod, mixtureOf);
  const lookUp = perTimestep(t);
  const x = add(
    mul(x0, lookUp(mixtures.map(({ signal }) => signal))),
    mul(noise, lookUp(mixtures.map((mixture) => mixture.noise))),
  );
  const scope = createScope({
    training: true,
    uniform: (purpose, shape) => {
      const count = elementCount(shape) / batchSize;
      return reshape(uniformTensor(randomKey(seed, `dropout/${purpose}`), stream, count), shape);
    },
  });
  const output = chosen(models, spec.model).apply(scope, { x, t }, spec.model);
  const targets = mixtures.map(predictions.get(spec.prediction)!.target);
  const target = weightedSum(lookUp, [
    [x0, targets.map((target) => target.x0)],
    [noise, targets.map((target) => target.epsilon)],
  ]);
  const loss = chosen(losses, spec.loss).apply({ prediction: output, target }, spec.loss);
  return { loss, collected: scope.collected };
}

/** floor(u T), uniform over 0 .. T-1, float32 [B]. u = 1 is possible and belongs to the last timestep. */
function uniformTimesteps(key: bigint, stream: Tensor, timesteps: number): Tensor {
  const u = reshape(uniformTensor(key, stream, 1), [stream.shape[0]]);
  return min(floor(mul(u, timesteps)), scalar(timesteps - 1));
}

/** Looks numbers up by timestep: a table [T], rounded once to float32, becomes [B, 1, 1, 1]. */
type LookUp = (table: readonly number[]) => Tensor;

function perTimestep(t: Tensor): LookUp {
  const index = cast(t, "int64");
  return (table) =>
    reshape(gather(constant(float32([table.length], table)), index), [t.shape[0], 1, 1, 1]);
}

/** The sum of images times their numbers by timestep; nothing is written for a number that is always 0 or 1. */
function weightedSum(
  lookUp: LookUp,
  terms: readonly (readonly [Tensor, readonly number[]])[],
): Tensor {
  const parts = terms.filter(([, table]) => table.some((weight) => weight !== 0))
    .map(([image, table]) =>
      table.every((weight) => weight === 1) ? image : mul(image, lookUp(table))
    );
  return parts.reduce((sum, part) => add(sum, part));
}
