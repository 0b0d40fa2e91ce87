/**
 * The loss of one training step of a denoiser as a symbolic graph: noise a batch at random timesteps, predict,
 * compare. Device-independent; its digest is part of the key of a training.
 */
import { float32 } from "../base/nd_array.ts";
import { chosen } from "../base/table.ts";
import { predictions } from "../diffusion/predictions/table.ts";
import { mixtureOf } from "../diffusion/process.ts";
import { lossWeights } from "../diffusion/weightings/table.ts";
import { constant } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Compared, sampleMeans } from "../../kernels/losses/loss.ts";
import { losses } from "../../kernels/losses/table.ts";
import type { Denoiser } from "../../kernels/models/model.ts";
import { add, cast, gather, mul, reshape } from "../../kernels/ops/mod.ts";
import type { DrawnTimesteps } from "./loss_aware_timesteps.ts";
import { drawNoise, drawTimesteps, dropCondition } from "./step_draws.ts";
import { batchOf, type StepGraph, type StepSpec, trainingScope } from "./step_spec.ts";

/** Builds the graph of one step. */
export function denoisingStep(model: Denoiser, spec: StepSpec): StepGraph {
  const { prediction, alphasCumprod, lossWeighting } = spec;
  if (!prediction || !alphasCumprod) throw new Error("a denoiser needs a noise process");
  const { x0, condition: given, stream } = batchOf(spec);
  const noise = drawNoise(spec, stream);
  const scope = trainingScope(spec, stream);
  const { t, following } = drawTimesteps(spec, stream, scope);
  const condition = dropCondition(spec, given, stream);
  const mixtures = Array.from(alphasCumprod, mixtureOf);
  const lookUp = perTimestep(t);
  const x = add(
    mul(x0, lookUp(mixtures.map(({ signal }) => signal))),
    mul(noise, lookUp(mixtures.map((mixture) => mixture.noise))),
  );
  const output = model.apply(scope, { x, t, condition }, spec.model);
  const targets = mixtures.map(predictions.get(prediction)!.target);
  const target = weightedSum(lookUp, [
    [x0, targets.map((target) => target.x0)],
    [noise, targets.map((target) => target.epsilon)],
  ]);
  const weights = lossWeighting ? lossWeights(lossWeighting, prediction, alphasCumprod) : [];
  const weight = weights.every((each) => each === 1)
    ? undefined
    : reshape(lookUp(weights), t.shape);
  const loss = lossOf(spec, { prediction: output, target, weight }, following);
  return { loss, terms: {}, collected: scope.collected };
}

/** The mean loss. Where timesteps follow the losses, each image's weighted loss is noted before its rarity counts. */
function lossOf(
  { loss: choice }: StepSpec,
  { weight, ...compared }: Compared,
  following: DrawnTimesteps["following"],
): Tensor {
  const loss = chosen(losses, choice);
  if (!following) return loss.apply({ ...compared, weight }, choice);
  const weighted = (numbers: Tensor) => weight ? mul(numbers, weight) : numbers;
  following.learn(weighted(sampleMeans(loss.values(compared, choice))));
  return loss.apply({ ...compared, weight: weighted(following.importance) }, choice);
}

/** Looks numbers up by timestep: a table [T], rounded once to float32, becomes [B, 1, 1, 1]. */
type LookUp = (table: ArrayLike<number>) => Tensor;

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
