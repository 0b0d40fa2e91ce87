/**
 * The loss on images that are not trained on, as a symbolic graph: the objective of the training step without its
 * update. Device-independent; its digest is part of the key of a training that is validated.
 */
import type { Digest } from "../base/canonical.ts";
import { lossBins } from "../diffusion/timestep_sampling/table.ts";
import { graphDigest } from "../graph/digest.ts";
import type { StepGraph, StepSpec } from "./step_spec.ts";
import { trainingStep } from "./training_step.ts";

/**
 * The graph: dropout drops nothing and batch normalisation uses its running statistics. Timesteps that follow the
 * losses would move from one validation to the next, so uniform ones stand for them, which they equal on average.
 */
export function validationStep(spec: StepSpec): StepGraph {
  const { timestepSampling, alphasCumprod } = spec;
  const follows = timestepSampling && alphasCumprod &&
    lossBins(timestepSampling, alphasCumprod.length) !== undefined;
  return trainingStep({
    ...spec,
    evaluates: true,
    gradientCheckpointing: false,
    ...(follows ? { timestepSampling: undefined } : {}),
  });
}

/** Changes whenever the same weights and images would give another loss, for a reason inside the graph. */
export function validationDigest(spec: StepSpec): Digest {
  const { loss, terms } = validationStep(spec);
  return graphDigest({ loss, ...terms });
}
