/**
 * The loss of one training step of a denoiser as a symbolic graph: noise a batch at random timesteps, predict,
 * compare. Device-independent; its digest is part of the key of a training.
 */
import { elementCount, float32 } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { chosen } from "../base/table.ts";
import { predictions } from "../diffusion/predictions/table.ts";
import { mixtureOf } from "../diffusion/process.ts";
import { constant, scalar } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { normalTensor, uniformTensor } from "../../kernels/layers/random.ts";
import { losses } from "../../kernels/losses/table.ts";
import type { Denoiser } from "../../kernels/models/model.ts";
import { add, cast, floor, gather, min, mul, reshape } from "../../kernels/ops/mod.ts";
import { batchOf, type StepGraph, type StepSpec, trainingScope } from "./step_spec.ts";

/** Builds the graph of one step. */
export function denoisingStep(model: Denoiser, spec: StepSpec): StepGraph {
  const { shape, batchSize, seed, prediction, alphasCumprod } = spec;
  if (!prediction || !alphasCumprod) throw new Error("a denoiser needs a noise process");
  const { x0, condition, stream } = batchOf(spec);
  const noise = reshape(
    normalTensor(randomKey(seed, "noise"), stream, elementCount(shape)),
    [batchSize, ...shape],
  );
  const t = uniformTimesteps(randomKey(seed, "timestep"), stream, alphasCumprod.length);
  const mixtures = Array.from(alphasCumprod, mixtureOf);
  const lookUp = perTimestep(t);
  const x = add(
    mul(x0, lookUp(mixtures.map(({ signal }) => signal))),
    mul(noise, lookUp(mixtures.map((mixture) => mixture.noise))),
  );
  const scope = trainingScope(spec, stream);
  const output = model.apply(scope, { x, t, condition }, spec.model);
  const targets = mixtures.map(predictions.get(prediction)!.target);
  const target = weightedSum(lookUp, [
    [x0, targets.map((target) => target.x0)],
    [noise, targets.map((target) => target.epsilon)],
  ]);
  const loss = chosen(losses, spec.loss).apply({ prediction: output, target }, spec.loss);
  return { loss, terms: {}, collected: scope.collected };
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
